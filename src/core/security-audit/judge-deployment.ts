/**
 * What the deployment itself is made of: its keys, the features of the platform, the state of its
 * record; and what could not be looked at.
 *
 * @module
 */

import type { DeploymentFacts, FeatureFacts, KeyFacts } from './deployment-facts.ts';
import type { Finding } from './finding.ts';

type FeatureProblem = Pick<Finding, 'id' | 'level' | 'sentence' | 'command'> & {
  /** What is not known is no problem here: it stands among the unseen. */
  readonly holds: (facts: Partial<FeatureFacts & KeyFacts>) => boolean;
};

const FEATURE_PROBLEMS: readonly FeatureProblem[] = [
  {
    ...{ id: 'master-key-weak', level: 'high', holds: (it) => it.strongMasterKey === false },
    sentence: 'SALLYPORT_MASTER_KEY is not 32 random bytes: all keys are derived from it',
    command: 'npx --no wrangler secret put SALLYPORT_MASTER_KEY',
  },
  {
    ...{ id: 'root-token-weak', level: 'high', holds: (it) => it.strongRootToken === false },
    sentence: 'SALLYPORT_ROOT_TOKEN is short or repeats itself, and may be guessed',
    command: 'npx --no wrangler secret put SALLYPORT_ROOT_TOKEN',
  },
  {
    ...{ id: 'former-key-kept', level: 'low', holds: (it) => it.formerMasterKey === true },
    sentence: 'SALLYPORT_PREVIOUS_MASTER_KEY is still set, so the former key opens what it sealed',
    command:
      'call -X POST "$URL/v1/secrets/rewrap"; npx --no wrangler secret delete SALLYPORT_PREVIOUS_MASTER_KEY',
  },
  {
    ...{ id: 'audiences-unreadable', level: 'medium', holds: (it) => it.audiences === false },
    sentence: 'SALLYPORT_AUDIENCES cannot be read, so that nobody can sign in by an issuer',
    command: 'edit wrangler.toml: SALLYPORT_AUDIENCES = "<audience>=<workspace> …"; npm run deploy',
  },
  {
    ...{ id: 'no-uploads', level: 'low', holds: (it) => it.uploads === false },
    sentence: 'There is no Worker Loader (Workers Paid): only plugins of the bundle run',
    command: 'edit wrangler.toml: [[worker_loaders]] binding = "LOADER"; npm run deploy',
  },
  {
    ...{ id: 'no-audit-archive', level: 'low', holds: (it) => it.auditArchive === false },
    sentence: 'Signed checkpoints of the record are kept only where the record is',
    command:
      'npx --no wrangler r2 bucket create sallyport-audit   # then [[r2_buckets]] of wrangler.toml',
  },
];

export function judgeDeployment(facts: DeploymentFacts): readonly Finding[] {
  const { features, keys, unseen } = facts;
  const known = { ...features, ...keys };
  const featured = FEATURE_PROBLEMS.filter(({ holds }) => holds(known)).map(
    ({ id, level, sentence, command }): Finding => ({
      ...{ id, level, sentence, command },
      evidence: known,
    }),
  );
  const blind = unseen.map(
    ({ part, reason }): Finding => ({
      id: 'not-seen',
      level: 'medium',
      sentence: `The ${part} could not be looked at: ${reason}`,
      evidence: { part, reason },
      command: 'SALLYPORT_TOKEN=<an operator’s> npx --no sallyport security audit --url "$URL"',
    }),
  );
  return [...featured, ...judgeRecord(facts), ...blind];
}

function judgeRecord({ record, auditHolds, switches = [] }: DeploymentFacts): readonly Finding[] {
  const findings: Finding[] = switches.map((thrown) => ({
    id: 'switch-thrown',
    level: 'low',
    sentence: `The kill switch ${thrown} is thrown`,
    evidence: { killSwitch: thrown },
    command: 'call "$URL/v1/switches"',
  }));
  if (auditHolds === false) {
    findings.push({
      id: 'audit-broken',
      level: 'high',
      sentence: 'The record of decisions does not verify: somebody or something has changed it',
      evidence: {},
      command: 'call "$URL/v1/audit/verify"',
    });
  }
  if (record !== undefined && !record.isWhole) {
    findings.push({
      id: 'record-long',
      level: 'low',
      sentence: `There are more than ${record.events.length} records in the time asked for, so nothing is said of unused grants`,
      evidence: { records: record.events.length },
      command: 'npx --no sallyport security audit --days 1',
    });
  }
  return findings;
}
