/**
 * What the pieces of a session block share: its stores, its way out, and how it changes itself.
 *
 * @module
 */

import type { Turn } from '../../core/conversation/turn.ts';
import { Fault } from '../../core/errors/fault.ts';
import type { SummaryAnswer, SummaryOrder } from '../../core/memory/summary-order.ts';
import type { Changes } from '../kit/changes.ts';
import type { Sealing } from '../kit/sealing.ts';
import type { Timers } from '../kit/timers.ts';
import type { Waiters } from '../kit/waiters.ts';
import type { Authorities } from './authorities.ts';
import type { HeldSlice } from './held-slice.ts';
import type { Neighbours } from './neighbours.ts';
import type { Readers } from './readers.ts';
import type { SessionRow } from './session-store.ts';
import type { SessionStores } from './session-stores.ts';
import type { KnownWindow } from './shortened-store.ts';
import type { StartedRun } from './start-run.ts';
import type { UnwrittenTurn } from './unwritten-turn.ts';

export interface SessionParts extends SessionStores {
  readonly storage: DurableObjectStorage;
  readonly changes: Changes;
  readonly unwritten: UnwrittenTurn;
  readonly held: HeldSlice;
  readonly sealing: Sealing;
  readonly window: KnownWindow;
  readonly timers: Timers;
  readonly waiters: Waiters;
  readonly authorities: Authorities;
  readonly readers: Readers;
  readonly neighbours: Neighbours;
  /** Milliseconds that a run may keep the lane without a word. */
  readonly leaseMs: number;
  readonly now: () => number;
  /** Hands a turn to a run. */
  readonly startRun: (turn: Turn) => StartedRun;
  /** Has a model write a summary; settles when it has, or has not. */
  readonly summarise: (order: SummaryOrder) => Promise<SummaryAnswer>;
  /**
   * Sends audit events and settlements, without being waited for: `now` when a turn has ended, and
   * `in-turn` if nothing was sent for a while.
   */
  readonly flush: (when: 'now' | 'in-turn') => void;
  /** Lets a task go on after the request that began it was answered. */
  readonly defer: (task: Promise<unknown>) => void;
}

/** Where those wait who want to hear of a turn's events or rest, and its run of an end to its lease. */
export const topicOf = {
  events: (turnId: string): string => `events/${turnId}`,
  rest: (turnId: string): string => `rest/${turnId}`,
  stop: (turnId: string): string => `stop/${turnId}`,
} as const;

/**
 * The session's row, where there must be one.
 *
 * @throws Fault `not_found` if the session does not exist or is being deleted.
 */
export function liveSession(parts: SessionParts): SessionRow {
  const row = parts.session.live();
  if (row === undefined) throw new Fault('not_found');
  return row;
}
