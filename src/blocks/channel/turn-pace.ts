/**
 * When turns may begin, and how many at once: more while this thread has time, fewer when it has not.
 *
 * Storing what comes is more urgent than answering it: platforms give up on those who do not take their
 * messages, and senders wait for replies anyway. So turns begin at ticks only, between which the thread
 * gets round to its connections, and after a late tick it rests while more keeps coming in. Turns that wait
 * for a model cost no time here, and make no tick late.
 *
 * @module
 */

const MOST_TURNS = 64;
/** However late ticks are: while more keeps coming in, and otherwise. */
const TURNS_IN_BURST = 1;
const FEWEST_TURNS = 8;

/** How long it is from one tick to the next, and by how much that may be late, in milliseconds. */
const TICK_MS = 5;
const LATE_MS = 10;

/** A rest is so many times as long as the tick was late, and at most so many milliseconds. */
const REST_TIMES = 20;
const MAX_REST_MS = 5_000;

export class TurnPace {
  readonly #onTick: () => void;
  #turns = FEWEST_TURNS;
  #isTicking = false;
  #hasHeard = false;

  /** `onTick` begins what {@link TurnPace.turns} allows. */
  constructor(onTick: () => void) {
    this.#onTick = onTick;
  }

  /** How many may run at once. */
  get turns(): number {
    return this.#turns;
  }

  /** Updates have come in. */
  hear(): void {
    this.#hasHeard = true;
    this.wake();
  }

  /** Sees to it that there is a tick. */
  wake(): void {
    if (this.#isTicking) return;
    this.#isTicking = true;
    const startedAt = Date.now();
    setTimeout(() => this.#adjust(Date.now() - startedAt - TICK_MS), TICK_MS);
  }

  #adjust(lateMs: number): void {
    if (lateMs <= LATE_MS) {
      this.#turns = Math.min(MOST_TURNS, this.#turns * 2);
      this.#tick();
    } else if (this.#hasHeard) {
      this.#turns = TURNS_IN_BURST;
      setTimeout(() => this.#tick(), Math.min(MAX_REST_MS, lateMs * REST_TIMES));
    } else {
      this.#turns = Math.max(FEWEST_TURNS, Math.floor(this.#turns / 2));
      this.#tick();
    }
  }

  #tick(): void {
    this.#hasHeard = false;
    this.#isTicking = false;
    this.#onTick();
  }
}
