/**
 * What a workspace's policy gives away: scanners and flow rules milder than the default, ways from
 * secrets to the outside, and lists that are wider than anybody needs.
 *
 * @module
 */

import { type FlowException, listExceptions } from '../policy/list-exceptions.ts';
import type { Policy } from '../policy/policy.ts';
import { proveFlow } from '../policy/prove-flow.ts';
import type { DeploymentFacts } from './deployment-facts.ts';
import { findWide } from './find-wide.ts';
import type { Finding } from './finding.ts';
import { changePolicy, takeAway } from './mending-command.ts';
import { strengthen, type Weakening } from './weakened.ts';

export function judgePolicy(facts: DeploymentFacts): readonly Finding[] {
  const { policy, workspace } = facts;
  if (policy === undefined) return [];
  const mend = (change: string) => changePolicy(workspace, change);
  return [
    ...strengthen(policy).weakenings.map(toWeakened),
    ...findLeaks(facts),
    ...findWideLists(policy, mend),
    ...findExceptions(policy, mend),
    ...findInClear(policy, mend),
  ];
}

/** The command for a jq update of the policy. */
type Mend = (change: string) => string;

/** Where an outsider's words, a secret and an effect outside meet, it is no matter of taste. */
const GRAVE = /^\/flow\/(send\/untrusted\/secret|untrustedArgument)$/;

const WEAKENED: Readonly<Record<string, string>> = {
  flow: 'flow-weakened',
  scan: 'scanner-weakened',
  plugins: 'review-weakened',
};

function toWeakened({ pointer, is, byDefault }: Weakening): Finding {
  const [, part = ''] = pointer.split('/');
  return {
    id: WEAKENED[part] ?? 'flow-weakened',
    level: GRAVE.test(pointer) ? 'high' : 'medium',
    sentence: `The policy says "${is}" at ${pointer}, where "${byDefault}" is the default`,
    evidence: { pointer, is, default: byDefault },
    command: 'npx --no sallyport security audit --fix',
  };
}

function findLeaks({ proof }: DeploymentFacts): readonly Finding[] {
  if (proof === undefined) return [];
  return proveFlow(proof).map(({ principal, path }) => ({
    id: 'flow-leak',
    level: 'high',
    sentence: `${principal} can be led to send what is secret where an outsider says, and nobody is asked`,
    evidence: { principal, path: path.map(({ move }) => move) },
    command: 'npx --no sallyport policy check',
  }));
}

function findWideLists({ allow, models }: Policy, mend: Mend): readonly Finding[] {
  const { patterns: wide } = findWide(allow);
  const findings: Finding[] = [];
  if (wide.length > 0) {
    findings.push({
      id: 'policy-wide',
      level: 'low',
      sentence: `The policy allows all of ${wide.length} dangerous patterns, so that manifests and grants alone bound them`,
      evidence: { patterns: wide },
      command: `${mend(takeAway('.allow', wide))} # with the resources that are needed added`,
    });
  }
  if (models.allow.includes('*')) {
    findings.push({
      id: 'models-any',
      level: 'low',
      sentence: 'The policy allows every model of every provider that the deployment has a key for',
      evidence: { allow: [...models.allow] },
      command: mend('.models.allow = ["embedded/*"]'),
    });
  }
  return findings;
}

/** All others are told of as rules that are milder than the default. */
const NAMED_EXCEPTIONS: Readonly<Partial<Record<FlowException['rule'], string>>> = {
  believed: 'tools-believed',
  declassifiers: 'tools-declassify',
  constants: 'values-believed',
};

/** What an operator has excepted from a rule, by name. */
function findExceptions({ privateHosts, plugins, flow }: Policy, mend: Mend): readonly Finding[] {
  const findings: Finding[] = [];
  if (privateHosts.length > 0) {
    findings.push({
      id: 'private-hosts',
      level: 'low',
      sentence: `Tools may reach ${privateHosts.length} private addresses: ${privateHosts.join(', ')}`,
      evidence: { privateHosts: [...privateHosts] },
      command: mend('.privateHosts = []'),
    });
  }
  for (const { rule, is, sentence } of listExceptions(flow)) {
    const id = NAMED_EXCEPTIONS[rule];
    if (id === undefined) continue;
    const command = mend(`.flow.${rule} = []`);
    findings.push({ id, level: 'low', sentence, evidence: { [rule]: [...is] }, command });
  }
  if (!plugins.requireSignature) {
    findings.push({
      id: 'signatures-optional',
      level: 'low',
      sentence: 'Plugins are installed without a signature of a key that the workspace trusts',
      evidence: { trustedKeys: plugins.trustedKeys.map(({ keyId }) => keyId) },
      command: mend('.plugins.requireSignature = true'),
    });
  }
  return findings;
}

/** Conversations and blocks; secrets are sealed in any case. */
function findInClear({ encryption }: Policy, mend: Mend): readonly Finding[] {
  if (encryption.atRest !== 'none') return [];
  return [
    {
      id: 'data-in-clear',
      level: 'low',
      sentence:
        'What users, models and blocks have written is stored as it is: the platform alone encrypts it',
      evidence: { atRest: encryption.atRest },
      command: mend('.encryption.atRest = "content"'),
    },
  ];
}
