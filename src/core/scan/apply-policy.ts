/**
 * Says what becomes of a text by what was found in it.
 *
 * @module
 */

import type { KindPolicy, StagePolicy } from '../policy/scan-policy.ts';
import { err, ok, type Result } from '../primitives/result.ts';
import { type Finding, type FindingKind, isAtLeast, toFindingName } from './finding.ts';
import type { ScanReport } from './scan-text.ts';

/** Reasons of the check that a text did not pass. */
export type Blocked =
  | 'injection_detected'
  | 'secret_detected'
  | 'personal_data_detected'
  | 'uninspectable';

export interface Passed {
  /** What must be taken out. */
  readonly removed: readonly Finding[];
  /** Names of all that was found, each once, in the order of the alphabet. */
  readonly names: readonly string[];
}

/** Why a text goes no further, and the names of what has stopped it. */
export interface Stopped {
  readonly reason: Blocked;
  readonly names: readonly string[];
}

const REASONS: Readonly<Record<FindingKind, Blocked>> = {
  injection: 'injection_detected',
  secret: 'secret_detected',
  known: 'secret_detected',
  personal: 'personal_data_detected',
};

/** What must be looked for under a policy. */
export function kindsOf({ injection, secrets, personalData }: StagePolicy): readonly FindingKind[] {
  const kinds: FindingKind[] = [];
  if (injection.mode !== 'off') kinds.push('injection');
  if (secrets.mode !== 'off') kinds.push('secret', 'known');
  if (personalData.mode !== 'off') kinds.push('personal');
  return kinds;
}

/** Of a report: what was found, and whether all was looked at. */
interface Looked {
  readonly findings: readonly Finding[];
  readonly uninspected?: ScanReport['uninspected'] | undefined;
}

export function applyPolicy(
  { findings, uninspected }: Looked,
  policy: StagePolicy,
): Result<Passed, Stopped> {
  if (uninspected !== undefined && policy.uninspected === 'block') {
    return err({ reason: 'uninspectable', names: namesOf({ findings: [], uninspected }) });
  }
  const stopping = findings.filter((finding) => modeFor(finding, policy) === 'block');
  const [first] = stopping;
  if (first) return err({ reason: REASONS[first.kind], names: namesOf({ findings: stopping }) });
  const removed = findings.filter((finding) => modeFor(finding, policy) === 'redact');
  return ok({ removed, names: namesOf({ findings, uninspected }) });
}

/** `kind:name` of each finding, and why not all was looked at; in the order of the alphabet. */
export function namesOf({ findings, uninspected }: Looked): readonly string[] {
  const names = new Set(findings.map(toFindingName));
  if (uninspected !== undefined) names.add(`uninspected:${uninspected}`);
  return [...names].sort();
}

function modeFor({ kind, confidence }: Finding, policy: StagePolicy): KindPolicy['mode'] {
  const { mode, from } = POLICY_OF[kind](policy);
  return isAtLeast(confidence, from) ? mode : 'flag';
}

const POLICY_OF: Readonly<Record<FindingKind, (policy: StagePolicy) => KindPolicy>> = {
  injection: ({ injection }) => injection,
  secret: ({ secrets }) => secrets,
  known: ({ secrets }) => secrets,
  personal: ({ personalData }) => personalData,
};
