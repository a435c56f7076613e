/**
 * What others answer to messages, for those who wait for it within this object.
 *
 * There are no timers here: they would cost more than all else that a message takes, and keep the
 * object awake. Who has waited for too long is sent away by the alarm that looks after what is unsent.
 *
 * @module
 */

import type { Acceptance } from '../../core/blocks/block-signal.ts';

/** For how long an answer is waited for at least, in milliseconds; at most twice as long. */
const WAIT_MS = 5_000;

interface Waiting {
  readonly resolve: (acceptance: Acceptance | undefined) => void;
  readonly until: number;
}

export class AwaitedAnswers {
  readonly #now: () => number;
  /** Made with the first: most blocks never have any, and an empty one takes memory, too. */
  #waiting: Map<string, Waiting> | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** What the peer answers to its number `seq`; `undefined` if it has not in time. */
  wait(peer: string, seq: number): Promise<Acceptance | undefined> {
    return new Promise((resolve) => {
      this.#waiting ??= new Map();
      this.#waiting.set(keyOf(peer, seq), { resolve, until: this.#now() + WAIT_MS });
    });
  }

  answer(peer: string, seq: number, acceptance: Acceptance | undefined): void {
    const key = keyOf(peer, seq);
    this.#waiting?.get(key)?.resolve(acceptance);
    this.#waiting?.delete(key);
  }

  /** Whether anybody has waited long enough. */
  isOverdue(): boolean {
    return this.#overdue().length > 0;
  }

  /** Sends away whoever has waited long enough. */
  giveUp(): void {
    for (const [key, { resolve }] of this.#overdue()) {
      this.#waiting?.delete(key);
      resolve(undefined);
    }
  }

  #overdue(): readonly [string, Waiting][] {
    const now = this.#now();
    return [...(this.#waiting ?? [])].filter(([, { until }]) => until <= now);
  }
}

function keyOf(peer: string, seq: number): string {
  return `${peer} ${seq}`;
}
