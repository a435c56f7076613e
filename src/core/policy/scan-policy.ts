/**
 * What becomes of what the scanners find, for each stage at which they look.
 *
 * `block` stops what holds it, `redact` takes it out and says so in its place, `flag` only puts its name
 * on the record, and `off` does not look for it.
 *
 * @module
 */

import type { Confidence } from '../scan/finding.ts';

/** `input`: a turn's new messages; `result`: what a tool returned; `output`: what the model says. */
export type ScanStage = 'input' | 'result' | 'output';

export type ScanMode = 'off' | 'flag' | 'redact' | 'block';

export interface KindPolicy {
  readonly mode: ScanMode;
  /** Least confidence on which the mode acts; what is found with less is flagged. */
  readonly from: Confidence;
}

export interface StagePolicy {
  readonly injection: KindPolicy;
  /** Credentials, and the workspace's own secrets. */
  readonly secrets: KindPolicy;
  readonly personalData: KindPolicy;
  /** What could not be looked at within bounds. */
  readonly uninspected: 'block' | 'flag';
}

export type ScanPolicy = Readonly<Record<ScanStage, StagePolicy>>;

const PERSONAL_OFF: KindPolicy = { mode: 'off', from: 'medium' };

export const DEFAULT_SCAN_POLICY: ScanPolicy = {
  input: {
    injection: { mode: 'block', from: 'high' },
    secrets: { mode: 'flag', from: 'low' },
    personalData: PERSONAL_OFF,
    uninspected: 'block',
  },
  result: {
    injection: { mode: 'flag', from: 'low' },
    secrets: { mode: 'redact', from: 'low' },
    personalData: PERSONAL_OFF,
    uninspected: 'block',
  },
  output: {
    injection: { mode: 'flag', from: 'low' },
    secrets: { mode: 'redact', from: 'low' },
    personalData: PERSONAL_OFF,
    uninspected: 'block',
  },
};

/** How a policy was stored before each stage had modes of its own. */
interface OneForAllStages {
  readonly injection: Exclude<ScanMode, 'off'>;
  readonly secrets: Exclude<ScanMode, 'off'>;
}

/** A stored policy in its present form. What it said of all stages held for results alone. */
export function toScanPolicy(stored: ScanPolicy | OneForAllStages): ScanPolicy {
  if ('result' in stored) return stored;
  const { injection, secrets } = stored;
  const result: StagePolicy = {
    ...DEFAULT_SCAN_POLICY.result,
    injection: { mode: injection, from: 'low' },
    secrets: { mode: secrets, from: 'low' },
  };
  return { ...DEFAULT_SCAN_POLICY, result };
}
