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
import { failed, type RunEnd, STOPPED } from './run-end.ts';

/** Milliseconds after which a run begins to hold its lease. */
const LEASE_GRACE_MS = 250;

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
  const watch = new Watch(turn, ports);
  void watch.begin();
  return watch;
}

class Watch implements TurnWatch {
  readonly aborted: Promise<void>;
  readonly #turn: Turn;
  readonly #ports: TurnPorts;
  readonly #work = new AbortController();
  /** Aborts when the run is over. */
  readonly #watching = new AbortController();
  readonly #tellAborted: () => void;
  #isLate = false;

  constructor(turn: Turn, ports: TurnPorts) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = turn;
    this.#ports = ports;
    this.aborted = promise;
    this.#tellAborted = resolve;
  }

  get signal(): AbortSignal {
    return this.#work.signal;
  }

  toRunEnd(): RunEnd {
    return this.#isLate ? failed('deadline_exceeded') : STOPPED;
  }

  close(): void {
    // Without a reason each abort would make an exception, stack and all.
    this.#watching.abort('over');
    this.#work.abort('over'); // lets go of what still runs, should the run have died in between
  }

  async begin(): Promise<void> {
    const { signal } = this.#watching;
    await this.#ports.sleep(Math.min(LEASE_GRACE_MS, this.#msLeft), signal);
    if (signal.aborted) return;
    void this.#keepLease();
    while (this.#msLeft > 0 && !signal.aborted) await this.#ports.sleep(this.#msLeft, signal);
    this.#isLate ||= !this.#work.signal.aborted;
    this.#stop();
  }

  get #msLeft(): number {
    return Math.max(0, this.#turn.deadlineAt - this.#ports.now());
  }

  #stop(): void {
    if (this.#watching.signal.aborted) return;
    this.#work.abort();
    this.#tellAborted();
  }

  async #keepLease(): Promise<void> {
    while (!this.#watching.signal.aborted && !this.#work.signal.aborted) {
      const answer = await this.#askForLease();
      if (answer === 'unreachable') await this.#ports.sleep(ASK_AGAIN_MS, this.#watching.signal);
      else if (answer !== 'held') this.#stop();
    }
  }

  async #askForLease(): Promise<'held' | 'cancelled' | 'lease_lost' | 'unreachable'> {
    try {
      return await this.#ports.journal.holdLease();
    } catch {
      return 'unreachable'; // the next commit will tell for certain
    }
  }
}
