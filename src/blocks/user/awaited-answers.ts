/**
 * What others answer to messages, for those who wait for it within this object.
 *
 * @module
 */

import type { Acceptance } from '../../core/blocks/block-signal.ts';

/** How long an answer is waited for at most, in milliseconds. */
const WAIT_MS = 10_000;

/** How exactly, in milliseconds. One clock for all who wait. */
const TICK_MS = 1_000;

interface Waiting {
  readonly resolve: (acceptance: Acceptance | undefined) => void;
  readonly until: number;
}

export class AwaitedAnswers {
  readonly #now: () => number;
  readonly #waiting = new Map<string, Waiting>();
  #clock: ReturnType<typeof setTimeout> | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** What the peer answers to its number `seq`; `undefined` if it has not in time. */
  wait(peer: string, seq: number): Promise<Acceptance | undefined> {
    return new Promise((resolve) => {
      this.#waiting.set(keyOf(peer, seq), { resolve, until: this.#now() + WAIT_MS });
      this.#startClock();
    });
  }

  answer(peer: string, seq: number, acceptance: Acceptance | undefined): void {
    const key = keyOf(peer, seq);
    this.#waiting.get(key)?.resolve(acceptance);
    this.#waiting.delete(key);
    if (this.#waiting.size === 0) this.#stopClock();
  }

  #startClock(): void {
    this.#clock ??= setTimeout(() => {
      this.#clock = undefined;
      this.#giveUp(this.#now());
      if (this.#waiting.size > 0) this.#startClock();
    }, TICK_MS);
  }

  /** A timer that runs keeps the object from being put to sleep. */
  #stopClock(): void {
    clearTimeout(this.#clock);
    this.#clock = undefined;
  }

  #giveUp(now: number): void {
    for (const [key, { resolve, until }] of this.#waiting) {
      if (until > now) continue;
      this.#waiting.delete(key);
      resolve(undefined);
    }
  }
}

function keyOf(peer: string, seq: number): string {
  return `${peer} ${seq}`;
}
