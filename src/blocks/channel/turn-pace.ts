/**
 * When turns may begin, and how many at once: more while this thread has time, fewer when it has not.
 *
 * Storing what comes is more urgent than answering it: platforms give up on those who do not take their
 * messages, and senders wait for replies anyway. So turns begin at ticks only, between which the thread
 * gets round to its connections, and while more comes in than turns could keep up with, one begins after
 * each rest: few, but never none. Turns that wait for a model cost no time here, and make no tick late.
 *
 * @module
 */

const MOST_TURNS = 64;
/** However late ticks are, unless there is a burst. */
const FEWEST_TURNS = 8;

/** How long it is from one tick to the next, and by how much that may be late, in milliseconds. */
const TICK_MS = 5;
const LATE_MS = 10;

/** So many updates more than turns within so many milliseconds are a burst; fewer, where ticks are late. */
export const BURST_UPDATES = 10;
const WINDOW_MS = 100;

/** In a burst, a rest is so many times as long as the tick was late, within these milliseconds. */
const REST_TIMES = 20;
const MIN_REST_MS = 250;
export const MAX_REST_MS = 5_000;

export interface PaceRules {
  /** Begins what {@link TurnPace.turns} allows. */
  readonly onTick: () => void;
  /** How many run at present. */
  readonly running: () => number;
}

export class TurnPace {
  readonly #rules: PaceRules;
  #turns = FEWEST_TURNS;
  #isTicking = false;
  /** By how much updates were ahead of turns in the last window, and are in this one. */
  #wasAhead = 0;
  #ahead = 0;
  #since = Number.NEGATIVE_INFINITY;

  constructor(rules: PaceRules) {
    this.#rules = rules;
  }

  /** How many may run at once. */
  get turns(): number {
    return this.#turns;
  }

  /** Updates have come in. */
  hear(updates: number): void {
    this.#count(updates);
    this.wake();
  }

  /** A turn has ended, or waits. */
  end(): void {
    this.#count(-1);
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
    this.#count(0);
    const isLate = lateMs > LATE_MS;
    const ahead = Math.max(this.#wasAhead, this.#ahead);
    if (ahead >= BURST_UPDATES || (isLate && ahead > 0)) {
      const restMs = Math.max(MIN_REST_MS, Math.min(MAX_REST_MS, lateMs * REST_TIMES));
      setTimeout(() => this.#tick(this.#rules.running() + 1), restMs);
    } else this.#tick(this.#turnsAt(isLate));
  }

  /** Whoever begins anew begins slowly: what comes may be a burst. */
  #turnsAt(isLate: boolean): number {
    if (this.#rules.running() === 0) return FEWEST_TURNS;
    return isLate ? Math.max(FEWEST_TURNS, Math.floor(this.#turns / 2)) : this.#turns * 2;
  }

  #tick(turns: number): void {
    this.#turns = Math.min(MOST_TURNS, turns);
    this.#isTicking = false;
    this.#rules.onTick();
  }

  #count(ahead: number): void {
    const now = Date.now();
    const passedMs = now - this.#since;
    if (passedMs >= WINDOW_MS) {
      // A longer one counts for as much as it was.
      this.#wasAhead = (this.#ahead * WINDOW_MS) / passedMs;
      this.#ahead = 0;
      this.#since = now;
    }
    this.#ahead += ahead;
  }
}
