/**
 * A turn: one user message to its end, as admitted to the lane of its session.
 *
 * @module
 */

import type { Authority } from '../policy/authority.ts';
import type { Slice } from '../policy/slice.ts';
import type { SessionId, TurnId, WorkspaceId } from '../primitives/ids.ts';
import type { ClientWishes } from './client-wishes.ts';
import type { JournaledRound } from './journal-entry.ts';
import type { Message } from './message.ts';
import type { WrittenToolCall } from './tool-call.ts';

/**
 * What drives the turn: a model, or a program that proposes exactly one call. `streams`: whoever asked
 * wants the reply as it comes, which is a capability of its own.
 */
export type TurnDriver =
  | { readonly kind: 'model'; readonly model: string; readonly streams?: true }
  | { readonly kind: 'program'; readonly call: WrittenToolCall };

/** Everything a run needs, handed over in the one RPC that starts it. */
export interface Turn {
  readonly turnId: TurnId;
  readonly sessionId: SessionId;
  readonly workspace: WorkspaceId;
  readonly requestId: string;
  readonly driver: TurnDriver;
  /** What its client brought along; absent where that is nothing. */
  readonly wishes?: ClientWishes;
  /** The only tools that the skills it began with leave; absent where they narrow nothing. */
  readonly onlyTools?: readonly string[];
  /** The session's messages up to and with those that this turn was given. */
  readonly history: readonly Message[];
  readonly authority: Authority;
  readonly slice: Slice;
  readonly epoch: number;
  /** Epoch milliseconds; the turn fails with `deadline_exceeded` afterwards. */
  readonly deadlineAt: number;
  /** Rounds that an earlier, interrupted run has journaled; empty on the first run. */
  readonly journaled: readonly JournaledRound[];
  /** Hashes of the calls that a human has approved and that were not started yet. */
  readonly approvals: readonly string[];
  /**
   * What becomes of a call that needs a human: `wait` where somebody can come back for the answer,
   * else it is denied.
   */
  readonly onAsk: 'wait' | 'deny';
  /** The round whose text deltas were sent without its reply being journaled, if any. */
  readonly tornRound?: number;
  /** What earlier runs have lost of the reply that is to be asked for next, if any. */
  readonly lost?: LostReply;
}

/** A reply that was asked for, and lost with the run that asked. */
export interface LostReply {
  readonly round: number;
  readonly attempts: number;
  /** Of the text that was shown of them all. */
  readonly characters: number;
}

export type TurnStatus = 'queued' | 'running' | 'waiting' | 'finished' | 'failed' | 'cancelled';
