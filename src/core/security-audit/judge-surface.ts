/**
 * Who can reach the gateway, and through what: its address, its routes, channels and nodes.
 *
 * @module
 */

import { compareVersions, isVersion } from '../manifest/semver.ts';
import { daysBetween } from './day.ts';
import type { DeploymentFacts } from './deployment-facts.ts';
import { findWide } from './find-wide.ts';
import type { Finding } from './finding.ts';
import { judgeTransport } from './judge-transport.ts';
import type { ChannelFacts, NodeFacts } from './registry-facts.ts';
import { withoutExpansions } from './without-expansions.ts';

const STALE_DAYS = 30;

export function judgeSurface(facts: DeploymentFacts): readonly Finding[] {
  const { channels = [], nodes = [], now } = facts;
  return [
    ...judgeAddress(facts),
    ...channels.flatMap(judgeChannel),
    ...nodes.flatMap((node) => [...judgeNode(node, now), ...judgeExecutor(node, facts)]),
  ];
}

function judgeAddress({ surface, features }: DeploymentFacts): readonly Finding[] {
  const { url, isLoopback, answersToForeignHost, openRoutes } = surface;
  const findings: Finding[] = openRoutes.map((route) => ({
    id: 'route-exposed',
    level: 'high',
    sentence: `${route} answers without a credential`,
    evidence: { route },
    command: 'git log --oneline src/gateway/routes',
  }));
  findings.push(...judgeTransport(surface));
  if (answersToForeignHost) {
    findings.push({
      id: 'any-host',
      level: isLoopback ? 'medium' : 'low',
      sentence:
        'The gateway answers under any name, so a page whose name leads to it can reach it (DNS rebinding)',
      evidence: { url },
      command: 'SALLYPORT_HOSTS="<its own names>" npm start   # deployed: [vars] of wrangler.toml',
    });
  }
  if (!isLoopback && features?.sourceAddresses === false) {
    findings.push({
      id: 'strangers-unlimited',
      level: 'medium',
      sentence: 'Requests without a credential are not limited by their source address',
      evidence: { setting: 'SALLYPORT_BEHIND_CLOUDFLARE' },
      command: 'edit wrangler.toml: [vars] SALLYPORT_BEHIND_CLOUDFLARE = "true"; npm run deploy',
    });
  }
  return findings;
}

function judgeChannel({ name, platform, access }: ChannelFacts): readonly Finding[] {
  if (access !== 'open') return [];
  return [
    {
      id: 'channel-open',
      level: 'high',
      sentence: `Whoever writes to the channel "${name}" (${platform}) talks to its agent`,
      evidence: { channel: name, platform },
      command: `call -X DELETE "$URL/v1/channels/${name}"; call "$URL/v1/channels" -d '{… "access": {"mode": "pair-on-request"}}'`,
    },
  ];
}

function judgeNode(node: NodeFacts, now: number): readonly Finding[] {
  const { id, name, state, allow, lastSeenAt, approvedAt } = node;
  const command = `call -X DELETE "$URL/v1/nodes/${id}"`;
  const findings: Finding[] = [];
  const { patterns: wide } = findWide(allow);
  if (wide.length > 0) {
    findings.push({
      id: 'node-wide',
      level: 'low',
      sentence: `The node "${name}" may run whatever a call was approved for; its own policy alone bounds it`,
      evidence: { node: id, patterns: wide },
      command: changeCeiling(node, wide),
    });
  }
  const days = daysBetween(lastSeenAt ?? approvedAt, now);
  if (state !== 'online' && days >= STALE_DAYS) {
    findings.push({
      id: 'node-stale',
      level: 'medium',
      sentence: `The node "${name}" was not seen for ${days} days, and its key is still good`,
      evidence: { node: id, lastSeenAt: lastSeenAt ?? null },
      command,
    });
  }
  return findings;
}

/** Written with all that stays, since a ceiling replaces the one before. */
function changeCeiling({ id, allow, deny }: NodeFacts, wide: readonly string[]): string {
  const left = withoutExpansions(allow).filter((pattern) => !wide.includes(pattern));
  const ceiling = JSON.stringify({ allow: left, deny: withoutExpansions(deny) });
  return `call -X PUT "$URL/v1/nodes/${id}/ceiling" -d '${ceiling}' # with the resources that it needs added`;
}

/** The program that a node runs. One that has never connected has not said. */
function judgeExecutor(
  { id, name, version }: NodeFacts,
  { version: gateway }: DeploymentFacts,
): readonly Finding[] {
  if (version === undefined || gateway === undefined) return [];
  if (!isVersion(version) || !isVersion(gateway) || compareVersions(version, gateway) >= 0)
    return [];
  return [
    {
      id: 'executor-old',
      level: 'medium',
      sentence: `The executor of the node "${name}" is version ${version}; the gateway is ${gateway}`,
      evidence: { node: id, version, gateway },
      command:
        'git pull && node scripts/setup.mjs && npx --no sallyport executor run   # on that machine',
    },
  ];
}
