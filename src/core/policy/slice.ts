/**
 * A turn's reserved slice of every budget and rate of its workspace.
 *
 * Check 6 and the model loop spend from the slice only; the workspace block took it from its
 * buckets when the turn was admitted and gets the rest back when the turn is settled. A slice is
 * therefore all that a lost run can overspend.
 *
 * @module
 */

import type { LedgerName } from './budget-ledgers.ts';

export interface Slice {
  /** Tool calls that may still be dispatched in this turn. */
  readonly toolCalls: number;
  readonly tokens: number;
  readonly costMicroUsd: number;
  /** Calls left for each tool that has a rate of its own; a tool that is absent has none. */
  readonly perTool: Readonly<Record<string, number>>;
  /** Milliseconds from reservation until the bucket of such a tool holds one more call. */
  readonly toolRetryAfterMs?: Readonly<Record<string, number>>;
  /** What ran out first when less than a whole turn's worth could be reserved. Never a tool's rate. */
  readonly shortOf?: SliceShortage;
}

export interface SliceShortage {
  readonly reason:
    | 'session_rate'
    | 'principal_rate'
    | 'workspace_rate'
    | 'token_budget'
    | 'money_budget';
  /**
   * Milliseconds until there is more of everything that ran out, if nobody gives anything back before;
   * absent if there never is.
   */
  readonly retryAfterMs?: number;
  /** The budget that ran out, where it was one. */
  readonly budget?: LedgerName;
}
