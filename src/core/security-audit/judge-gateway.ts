/**
 * Whether a gateway is up, and whether what stands before it is in order.
 *
 * @module
 */

import { MAX_CLOCK_SKEW_MS } from '../executor-protocol/node-ticket-claims.ts';
import { compareVersions, isVersion } from '../manifest/semver.ts';
import { daysBetween, tellDays } from './day.ts';
import type { Finding } from './finding.ts';
import { judgeTransport } from './judge-transport.ts';
import type { GatewayFacts, MachineFacts } from './machine-facts.ts';

const CERTIFICATE_DAYS = 21;

export function judgeGateway({ gateway, now, version }: MachineFacts): readonly Finding[] {
  if (gateway === undefined) return [];
  const { url, problem } = gateway;
  if (problem !== undefined) {
    return [
      {
        id: 'gateway-down',
        level: 'high',
        sentence: `Cannot reach a gateway: ${problem}`,
        evidence: { url, problem },
        command: 'npm start',
      },
    ];
  }
  return [...judgeAnswers(gateway), ...judgeVersion(gateway, version), ...judgeTime(gateway, now)];
}

function judgeAnswers(gateway: GatewayFacts): readonly Finding[] {
  const { url, answersNobody, takesToken } = gateway;
  const findings: Finding[] = [];
  if (answersNobody) {
    findings.push({
      id: 'no-authentication',
      level: 'high',
      sentence: `The gateway at ${url} answers without a credential`,
      evidence: { url },
      command: 'npx --no sallyport security audit',
    });
  }
  if (!takesToken) {
    findings.push({
      id: 'token-refused',
      level: 'high',
      sentence: `The gateway at ${url} does not take the token, so that nothing more was looked at`,
      evidence: { url },
      command: 'SALLYPORT_TOKEN=<yours> npx --no sallyport doctor --url "$URL"',
    });
  }
  findings.push(...judgeTransport(gateway));
  return findings;
}

function judgeVersion({ url, version }: GatewayFacts, ours: string): readonly Finding[] {
  if (version === undefined || !isVersion(version) || !isVersion(ours)) return [];
  const difference = compareVersions(version, ours);
  if (difference === 0) return [];
  return [
    {
      id: 'gateway-differs',
      level: 'medium',
      sentence: `The gateway at ${url} is version ${version}; this clone is ${ours}`,
      evidence: { url, version, clone: ours },
      command: difference < 0 ? 'npm run deploy' : 'git pull && node scripts/setup.mjs',
    },
  ];
}

function judgeTime({ url, clockAheadMs = 0, certificateEndsAt }: GatewayFacts, now: number) {
  const findings: Finding[] = [];
  if (Math.abs(clockAheadMs) > MAX_CLOCK_SKEW_MS) {
    findings.push({
      id: 'clock-skew',
      level: 'medium',
      sentence: `The clocks of this machine and of ${url} differ by ${Math.round(Math.abs(clockAheadMs) / 1_000)} seconds, so that codes and tickets end early`,
      evidence: { url, clockAheadMs },
      command: 'set the clock of this machine (NTP)',
    });
  }
  const days = daysBetween(now, certificateEndsAt ?? Number.POSITIVE_INFINITY);
  if (days < CERTIFICATE_DAYS) {
    findings.push({
      id: 'certificate-ends',
      level: days < 0 ? 'high' : 'medium',
      sentence: `The certificate of ${url} ${days < 0 ? 'has ended' : `ends in ${tellDays(days)}`}`,
      evidence: { url, certificateEndsAt: certificateEndsAt ?? null },
      command: 'renew the certificate of the host name',
    });
  }
  return findings;
}
