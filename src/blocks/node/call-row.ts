/**
 * A call as the node block keeps it.
 *
 * @module
 */

import type { ToolOutcome } from '../../core/conversation/tool-result.ts';
import type { CallFacts } from './call-facts.ts';
import type { CallOrder } from './call-order.ts';
import type { CallState } from './node-api.ts';

/** What is small of it: of these there may be many at once. */
export interface CallHead {
  readonly facts: CallFacts;
  readonly state: CallState;
  /** When nobody waits any longer, epoch milliseconds. */
  readonly settleAt: number;
  /** When it came, or before; epoch milliseconds. */
  readonly at: number;
}

export interface StoredCall extends CallHead {
  /** Until it is over; absent also where the call was forgotten, and was only asked about. */
  readonly order?: CallOrder;
  readonly outcome?: ToolOutcome;
}

/** A call that is not over: what memory keeps of it. */
export interface CallUnderWay {
  readonly facts: CallFacts;
  readonly state: 'waiting' | 'sent';
  /** As in {@link CallHead}. */
  readonly settleAt: number;
  readonly isCancelled?: boolean;
  /** When the connection was opened on which it was sent again. */
  readonly sentAgainOn?: number;
}

/** The columns of a {@link CallHead}. */
export const HEAD_COLUMNS = 'state, settle_at, at, facts';

/** A `type`, as storage wants it. */
export type HeadRow = {
  state: string;
  settle_at: number;
  at: number;
  facts: string;
};

export function toHead({ state, settle_at: settleAt, at, facts }: HeadRow): CallHead {
  return { state: state as CallState, settleAt, at, facts: JSON.parse(facts) };
}
