/**
 * Which tickets a lane has used up in this life, and how far each turn has come.
 *
 * A life is what a lane has between two losses of its memory, and has a name that nobody guesses.
 * Each ticket is signed for one life and refused by every other, so memory is enough to use it once:
 * no write to disk has to be waited for before a call runs. Whoever signs must have known the life
 * before the turn was known to be its own; see `wasm-tier-runner.ts` for why.
 *
 * Memory reaches back {@link MAX_TICKET_MS} at least, and no ticket is taken that is good for longer.
 *
 * @module
 */

import { randomHex } from '../../blocks/kit/keys.ts';

/** Longest that a ticket may still be good for, in milliseconds. */
export const MAX_TICKET_MS = 120_000;

const LIFE_BYTES = 16;

/** Epochs by call key, and by turn: the newest that was let in. */
type Generation = Map<string, number>;

interface UsedCall {
  readonly callKey: string;
  readonly epoch: number;
}

export class UsedTickets {
  readonly life = randomHex(LIFE_BYTES);
  #current: Generation = new Map();
  #previous: Generation = new Map();
  #since = 0;

  /** The newest epoch under which a call of this call's turn was let in; 0 if none was. */
  newestEpoch(callKey: string): number {
    return this.#find(turnOf(callKey)) ?? 0;
  }

  /** The epoch under which this very call was let in before. */
  usedUnder(callKey: string): number | undefined {
    return this.#find(callKey);
  }

  use({ callKey, epoch }: UsedCall, now: number): void {
    this.#age(now);
    this.#current.set(callKey, epoch);
    this.#current.set(turnOf(callKey), epoch);
  }

  #find(key: string): number | undefined {
    return this.#current.get(key) ?? this.#previous.get(key);
  }

  /** What is older than two generations belongs to tickets that are over. */
  #age(now: number): void {
    if (now - this.#since < MAX_TICKET_MS) return;
    this.#previous = now - this.#since < 2 * MAX_TICKET_MS ? this.#current : new Map();
    this.#current = new Map();
    this.#since = now;
  }
}

/** The turn in a key, `turnId/round/index`. */
function turnOf(callKey: string): string {
  return callKey.slice(0, callKey.indexOf('/'));
}
