/**
 * Stages of a scanning policy for tests: one mode for each kind, acting on any confidence.
 */

import {
  DEFAULT_SCAN_POLICY,
  type ScanMode,
  type ScanPolicy,
  type StagePolicy,
} from '../../../src/core/policy/scan-policy.ts';

export interface Modes {
  readonly injection?: ScanMode;
  readonly secrets?: ScanMode;
  readonly personalData?: ScanMode;
  readonly uninspected?: StagePolicy['uninspected'];
}

export function makeStage(modes: Modes = {}): StagePolicy {
  const { injection = 'flag', secrets = 'redact', personalData = 'off' } = modes;
  const from = 'low';
  return {
    injection: { mode: injection, from },
    secrets: { mode: secrets, from },
    personalData: { mode: personalData, from },
    uninspected: modes.uninspected ?? 'block',
  };
}

/** The default but for what becomes of results. */
export function scanResults(modes: Modes): ScanPolicy {
  return { ...DEFAULT_SCAN_POLICY, result: makeStage(modes) };
}
