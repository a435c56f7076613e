/**
 * What a block asks of a model that is to summarise, and what comes back. Of `gateway/summariser.ts`.
 *
 * @module
 */

import type { Spend } from '../policy/ledger.ts';
import type { Principal } from '../policy/principal.ts';
import type { SessionId } from '../primitives/ids.ts';
import type { SummaryLine } from './summary-prompt.ts';

export interface SummaryOrder {
  /** Whose conversation or notes it is: who pays, and whose authority decides. */
  readonly principal: Principal;
  readonly requestId: string;
  readonly sessionId: SessionId;
  /** A model or an alias. */
  readonly model: string;
  readonly of: 'conversation' | 'notes';
  /** Most that it may cost, where that is less than a turn's worth. */
  readonly ceiling?: Spend;
  /** The oldest first. */
  readonly lines: readonly SummaryLine[];
}

export type SummaryAnswer =
  | {
      readonly kind: 'written';
      readonly text: string;
      /** The one that has answered. */
      readonly model: string;
    }
  | {
      readonly kind: 'failed';
      /** Absent: asking again would not help. */
      readonly retryAfterMs?: number;
      /** What it has cost all the same; absent: nothing. */
      readonly spent?: Spend;
    };

/** The entrypoint of the gateway behind which the models are. */
export interface SummariserExports {
  readonly Summariser?: { summarise(order: SummaryOrder): Promise<SummaryAnswer> };
}
