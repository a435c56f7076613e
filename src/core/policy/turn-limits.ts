/**
 * Bounds of one turn. Every workspace may change them within the ceilings.
 *
 * @module
 */

import type { Spend } from './ledger.ts';

export interface TurnLimits {
  readonly maxRounds: number;
  readonly maxToolCalls: number;
  /** Wall-clock milliseconds from start to end; time spent waiting for a human does not count. */
  readonly maxDurationMs: number;
  readonly maxTokens: number;
  readonly maxCostMicroUsd: number;
  /** Longest tool result that the model sees, in UTF-16 code units. */
  readonly maxResultChars: number;
}

/** Most that one turn may spend. */
export function mostSpendOf({ maxTokens, maxCostMicroUsd }: TurnLimits): Spend {
  return { tokens: maxTokens, costMicroUsd: maxCostMicroUsd };
}

export const DEFAULT_TURN_LIMITS: TurnLimits = {
  maxRounds: 8,
  maxToolCalls: 16,
  maxDurationMs: 120_000,
  maxTokens: 200_000,
  maxCostMicroUsd: 1_000_000,
  maxResultChars: 65_536,
};

export const TURN_LIMIT_CEILINGS: TurnLimits = {
  maxRounds: 64,
  maxToolCalls: 256,
  maxDurationMs: 3_600_000,
  maxTokens: 10_000_000,
  maxCostMicroUsd: 1_000_000_000,
  maxResultChars: 1_048_576,
};
