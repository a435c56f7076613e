/**
 * Tokens and secrets that end soon, live long, or lie about unused.
 *
 * @module
 */

import { daysBetween, tellDays } from './day.ts';
import type { DeploymentFacts } from './deployment-facts.ts';
import type { Finding } from './finding.ts';
import { isLive } from './judge-grants.ts';
import { issueToken } from './mending-command.ts';
import type { SecretFacts, TokenFacts } from './registry-facts.ts';
import { withoutExpansions } from './without-expansions.ts';

/** A token that ends within this many days is to be rotated now. */
const ENDS_SOON_DAYS = 14;
/** One that lives for less than this is meant to end. */
const SHORT_LIFE_DAYS = 7;
const LONG_LIFE_DAYS = 180;
const IDLE_DAYS = 30;
const OLD_SECRET_DAYS = 365;

export function judgeCredentials({ tokens = [], secrets = [], now }: DeploymentFacts) {
  return [
    ...tokens.filter((token) => isLive(token, now)).flatMap((token) => judgeToken(token, now)),
    ...secrets.flatMap((secret) => judgeSecret(secret, now)),
  ];
}

function judgeToken(token: TokenFacts, now: number): readonly Finding[] {
  const { id, subject, grants, createdAt, expiresAt, lastUsedAt } = token;
  const findings: Finding[] = [];
  const about = { token: id, subject };
  const lifeDays =
    expiresAt === undefined ? Number.POSITIVE_INFINITY : daysBetween(createdAt, expiresAt);
  if (expiresAt !== undefined && daysBetween(now, expiresAt) <= ENDS_SOON_DAYS) {
    findings.push({
      id: 'token-ends-soon',
      level: lifeDays < SHORT_LIFE_DAYS ? 'low' : 'medium',
      sentence: `The token ${id} of ${subject} ends in ${tellDays(daysBetween(now, expiresAt))}`,
      evidence: { ...about, expiresAt },
      command: issueToken(subject, withoutExpansions(grants)),
    });
  }
  if (lifeDays > LONG_LIFE_DAYS) {
    findings.push({
      id: 'token-long-lived',
      level: 'low',
      sentence: `The token ${id} of ${subject} is good for ${Number.isFinite(lifeDays) ? `${lifeDays} days` : 'ever'}`,
      evidence: { ...about, createdAt, expiresAt: expiresAt ?? null },
      command: `call -X POST "$URL/v1/tokens/${id}/rotate" -d '{"overlapSeconds": 3600}'`,
    });
  }
  if (daysBetween(lastUsedAt ?? createdAt, now) >= IDLE_DAYS) {
    findings.push({
      id: 'token-idle',
      level: 'medium',
      sentence: `The token ${id} of ${subject} has not been used for ${daysBetween(lastUsedAt ?? createdAt, now)} days`,
      evidence: { ...about, createdAt, lastUsedAt: lastUsedAt ?? null },
      command: `call -X DELETE "$URL/v1/tokens/${id}"`,
    });
  }
  return findings;
}

function judgeSecret({ name, updatedAt }: SecretFacts, now: number): readonly Finding[] {
  const days = daysBetween(updatedAt, now);
  if (days < OLD_SECRET_DAYS) return [];
  return [
    {
      id: 'secret-old',
      level: 'low',
      sentence: `The secret "${name}" has been the same for ${days} days`,
      evidence: { secret: name, updatedAt },
      command: `call -X PUT "$URL/v1/secrets/${name}" -d '{"value": …, "hosts": […]}'`,
    },
  ];
}

/** Whole ones. */
