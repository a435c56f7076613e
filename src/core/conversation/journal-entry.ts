/**
 * The journal of a turn: the entries that a run commits to its session block, one RPC a step.
 *
 * A batch is committed in one transaction with its events and audit events, or not at all. The
 * session refuses a batch of an older epoch (`lease_lost`), of a cancelled turn (`cancelled`),
 * and one that holds `call-started` or `approval-needed` under an older revision (`authority_stale`).
 *
 * @module
 */

import type { AuditEvent } from '../audit/audit-event.ts';
import type { ErrorCode } from '../errors/codes.ts';
import type { Denial } from '../errors/denial.ts';
import type { TicketClaims } from '../executor-protocol/ticket.ts';
import type { ApprovalRequest } from '../policy/approval.ts';
import type { Slice } from '../policy/slice.ts';
import type { TurnId } from '../primitives/ids.ts';
import type { JsonObject } from '../primitives/json.ts';
import type { CallRef } from './call-ref.ts';
import type { AssistantMessage } from './message.ts';
import type { RunCost, ToolResult } from './tool-result.ts';
import type { Usage } from './usage.ts';

export type JournalEntry =
  /** Coalesced text of a reply that is still being written (100 ms or 2 KiB). */
  | { readonly kind: 'text'; readonly round: number; readonly text: string }
  /** The whole reply, before any of its calls is checked. `text` is what was not yet sent as delta. */
  | {
      readonly kind: 'reply';
      readonly round: number;
      readonly message: AssistantMessage;
      readonly unsentText: string;
      readonly usage: Usage;
    }
  | ({ readonly kind: 'call-denied'; readonly denial: Denial } & CallRef)
  /** Committed before dispatch; the receipt for these claims is what lets a ticket be signed. */
  | ({
      readonly kind: 'call-started';
      readonly claims: TicketClaims;
      readonly arguments: JsonObject;
      /**
       * `readOnlyHint` or `idempotentHint`, or a reducer's: may run again after a crash unless it went
       * outward. A call that a human approved never is: he said yes to one run.
       */
      readonly repeatable: boolean;
      /** Hash of the approval that this start uses up. */
      readonly approval?: string;
    } & CallRef)
  /**
   * The call is of a tool of the client, who runs it once the turn has ended. `callId` is the model's
   * own id, under which the client answers.
   */
  | ({
      readonly kind: 'call-handed-over';
      readonly callId: string;
      readonly argumentsText: string;
    } & CallRef)
  /** The call waits for a human: nothing of it has happened yet. */
  | ({ readonly kind: 'approval-needed'; readonly request: ApprovalRequest } & CallRef)
  /** A line that the tier heard of a call while it ran: for those who watch, and of no further effect. */
  | ({ readonly kind: 'call-progress'; readonly text: string } & CallRef)
  /** `finished` of DESIGN: the call is over, with a result or a denial (of a tier or a result check). */
  | ({ readonly kind: 'call-finished'; readonly end: CallEnd } & CallRef)
  | { readonly kind: 'round-finished'; readonly round: number; readonly usage: Usage }
  | { readonly kind: 'round-restarted'; readonly round: number }
  /** All that is left to do in the round waits for humans: the run lets go of the turn. */
  | { readonly kind: 'turn-waiting'; readonly round: number }
  | {
      readonly kind: 'turn-finished';
      readonly output: string;
      readonly usage: Usage;
      /** Of the last reply, as its event says. */
      readonly isCut?: true;
      readonly isFiltered?: true;
    }
  | {
      readonly kind: 'turn-failed';
      readonly code: ErrorCode | 'cancelled';
      readonly usage: Usage;
      /** Before that, asking again is in vain. */
      readonly retryAfterMs?: number;
    };

/**
 * Whether an entry can be told to be in the journal already: two texts, or lines of progress, may
 * well be equal.
 */
export function isKnownAgain({ kind }: JournalEntry): boolean {
  return kind !== 'text' && kind !== 'round-restarted' && kind !== 'call-progress';
}

export type CallEnd =
  | { readonly kind: 'result'; readonly result: ToolResult }
  /** By the tier or a result check; `cost` where a tier says so. */
  | { readonly kind: 'denied'; readonly denial: Denial; readonly cost?: RunCost };

export interface JournalBatch {
  readonly turnId: TurnId;
  readonly epoch: number;
  /** Revision under which the decisions in this batch were made. */
  readonly revision: number;
  readonly entries: readonly JournalEntry[];
  readonly audit: readonly AuditEvent[];
  /** What is left of a slice that is less than a whole turn's worth, so that it may be renewed. */
  readonly left?: Slice;
  /** A model is asked next: so the batch is refused as stale if its revision is not the newest. */
  readonly thenAsks?: true;
}

/** Proof that the session has `call-started` for these very claims, on disk before it has an effect. */
export interface JournalReceipt {
  readonly turnId: TurnId;
  readonly epoch: number;
  readonly revision: number;
  /** Keys of the calls whose start this batch committed. */
  readonly startedCalls: readonly string[];
  /** What the run may spend from now on, if its slice was renewed. */
  readonly slice?: Slice;
}

export type JournalRefusal = 'lease_lost' | 'cancelled' | 'authority_stale' | 'audit_unavailable';

/** Where a call of an interrupted run had got to. */
export type JournaledCall =
  /** It waits for the approval with this hash, unless there is another reason to ask by now. */
  | { readonly kind: 'asked'; readonly hash: string }
  | { readonly kind: 'denied'; readonly denial: Denial }
  | { readonly kind: 'handed-over' }
  | {
      readonly kind: 'started';
      readonly claims: TicketClaims;
      readonly repeatable: boolean;
      readonly wentOutward: boolean;
    }
  | {
      readonly kind: 'finished';
      readonly end: CallEnd;
      /** As in its ticket, so that loops are seen across runs too. */
      readonly argumentHash?: string;
    };

/** A round of an interrupted run: its whole reply, and its calls by index. */
export interface JournaledRound {
  readonly round: number;
  readonly message: AssistantMessage;
  readonly usage: Usage;
  readonly calls: Readonly<Record<number, JournaledCall>>;
  readonly finished: boolean;
}
