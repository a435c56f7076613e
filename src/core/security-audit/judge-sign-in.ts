/**
 * Issuers that vouch for more people, or for more, than they must.
 *
 * @module
 */

import type { ClaimRule, TrustedIssuer } from '../policy/sign-in-policy.ts';
import type { DeploymentFacts } from './deployment-facts.ts';
import { findWide } from './find-wide.ts';
import type { Finding } from './finding.ts';
import { changePolicy, takeAway, updateOf } from './mending-command.ts';

export function judgeSignIn({ policy, workspace }: DeploymentFacts): readonly Finding[] {
  const mendIssuers = (change: string) => changePolicy(workspace, `.signIn.issuers |= ${change}`);
  const issuers = policy?.signIn.issuers ?? [];
  return issuers.flatMap((issuer) => [
    ...judgeIssuer(issuer, mendIssuers),
    ...issuer.rules.flatMap((rule, index) => judgeRule(issuer, { rule, index, mendIssuers })),
  ]);
}

/** The command for a jq update of the list of issuers. */
type MendIssuers = (change: string) => string;

function judgeIssuer(
  { name, issuer }: TrustedIssuer,
  mendIssuers: MendIssuers,
): readonly Finding[] {
  if (!issuer.startsWith('http:')) return [];
  return [
    {
      id: 'issuer-in-clear',
      level: 'high',
      sentence: `The keys of the issuer "${name}" are fetched in clear text from ${issuer}`,
      evidence: { issuer: name, url: issuer },
      command: mendIssuers(`map(select(.name != "${name}"))`),
    },
  ];
}

interface Judged {
  readonly rule: ClaimRule;
  readonly index: number;
  readonly mendIssuers: MendIssuers;
}

function judgeRule(
  { name, admits }: TrustedIssuer,
  { rule, index, mendIssuers }: Judged,
): readonly Finding[] {
  const findings: Finding[] = [];
  const about = { issuer: name, rule: index };
  if (rule.when.length === 0 && admits === 'matching') {
    findings.push({
      id: 'sign-in-anybody',
      level: 'medium',
      sentence: `Everybody for whom "${name}" vouches is let in by rule ${index}, which asks for no claim`,
      evidence: about,
      command: mendIssuers(updateOf('name', name, '.admits = "members"')),
    });
  }
  const { patterns, narrower } = findWide(rule.grants);
  if (patterns.length > 0) {
    findings.push({
      id: 'sign-in-wide',
      level: 'medium',
      sentence: `Rule ${index} of "${name}" gives all of ${patterns.join(', ')}`,
      evidence: { ...about, patterns: [...patterns], narrower: [...narrower] },
      command: mendIssuers(updateOf('name', name, takeAway(`.rules[${index}].grants`, patterns))),
    });
  }
  return findings;
}
