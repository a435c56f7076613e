/**
 * Watches over a run: keeps its lease while it waits, and stops it when the turn is cancelled,
 * taken over, or past its deadline.
 *
 * Every commit renews the lease, so a turn that is over within {@link LEASE_GRACE_MS} never asks.
 *
 * @module
 */

import type { Turn } from '../core/conversation/turn.ts';
import type { TurnPorts } from './ports.ts';
import { failed, type RunEnd, stopped } from './run-end.ts';

/** Milliseconds after which a run begins to hold its lease. */
export const LEASE_GRACE_MS = 250;

/** Milliseconds before a session that could not be reached is asked again. */
const ASK_AGAIN_MS = 500;

export interface TurnWatch {
  /** Aborts models and tools. */
  readonly signal: AbortSignal;
  /** Resolves when `signal` aborts; pending for ever otherwise. */
  readonly aborted: Promise<void>;
  /** What the abort means. Meaningful only once `signal` has aborted. */
  toRunEnd(): RunEnd;
  /** Ends the watch; the run is over. */
  close(): void;
}

export function watchTurn(turn: Turn, ports: TurnPorts): TurnWatch {
  const work = new AbortController();
  const watching = new AbortController();
  let isLate = false;
  const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
  const stop = () => {
    if (watching.signal.aborted) return;
    work.abort();
    abort();
  };

  async function keepLease(): Promise<void> {
    while (!watching.signal.aborted && !work.signal.aborted) {
      const answer = await askForLease();
      if (answer === 'unreachable') await ports.sleep(ASK_AGAIN_MS, watching.signal);
      else if (answer !== 'held') stop();
    }
  }

  async function askForLease(): Promise<'held' | 'cancelled' | 'lease_lost' | 'unreachable'> {
    try {
      return await ports.journal.holdLease();
    } catch {
      return 'unreachable'; // the next commit will tell for certain
    }
  }

  async function watch(): Promise<void> {
    const left = () => Math.max(0, turn.deadlineAt - ports.now());
    await ports.sleep(Math.min(LEASE_GRACE_MS, left()), watching.signal);
    if (watching.signal.aborted) return;
    void keepLease();
    while (left() > 0 && !watching.signal.aborted) await ports.sleep(left(), watching.signal);
    isLate ||= !work.signal.aborted;
    stop();
  }

  void watch();
  return {
    signal: work.signal,
    aborted,
    toRunEnd: () => (isLate ? failed('deadline_exceeded') : stopped()),
    close() {
      watching.abort();
      work.abort(); // lets go of what still runs, should the run have died in between
    },
  };
}
