/**
 * Lets the calls of one workspace run one at a time, so that it cannot starve the others of the
 * one thread that all share.
 *
 * A call that waits for its host lets the next one run meanwhile, and has precedence when it
 * comes back. How many may be on their way at once is bounded: the platform keeps only so many
 * isolates at work for one object. The rest queue, plugin by plugin in turn, so that one which
 * floods the queue delays itself. After much work the thread is left to others for a while: a
 * request of theirs takes many short steps, and would else wait for a whole call at each of them.
 *
 * @module
 */

/** Most calls that are running or waiting for their host. */
export const MAX_CALLS_INSIDE = 8;

/** Most of them that are of one plugin, so that others find a place while it waits for its host. */
export const MAX_CALLS_OF_ONE_PLUGIN = 6;

/** Work below which a call is no burden to others. */
const LIGHT = { fuel: 5_000_000, ms: 10 };

/**
 * The same up to a pause, in milliseconds. The fuel that a call has used by then is not known, and
 * its code may have been loaded in that time.
 */
const LIGHT_UNTIL_PAUSE_MS = 50;

/** Most milliseconds of rest for each unit of fuel, and for each millisecond of work. */
const REST = { perFuel: 1 / 1_000_000, perMs: 2 };

/** Longest rest, in milliseconds: enough for a whole request of somebody else. */
export const MAX_REST_MS = 100;

/**
 * How long the thread is left to others after a call that has used so much fuel in so much time.
 * Fuel may have been cheap, and time may have passed while others had the thread: so both count.
 */
export function restAfter(fuel: number, busyMs: number): number {
  if (fuel < LIGHT.fuel || busyMs < LIGHT.ms) return 0;
  return Math.min(MAX_REST_MS, fuel * REST.perFuel, busyMs * REST.perMs);
}

/** The right to run, in the hands of one call. */
export interface Pass {
  /** Lets another call run until {@link resume}. */
  pause(): void;
  /** Waits for the turn to run again; returns at once after {@link leave}. */
  resume(): Promise<void>;
  /** Ends it all; further calls change nothing. `fuel` is what the call has used. */
  leave(fuel?: number): void;
}

interface Holder {
  readonly plugin: string;
  state: 'waiting' | 'running' | 'paused' | 'left';
  /** When it last began to run, epoch milliseconds. */
  runsSince: number;
  /** Set while it waits to run. */
  wake?: (() => void) | undefined;
}

export class Turnstile {
  #running: Holder | undefined;
  #isResting = false;
  readonly #inside = new Map<Holder, string>();
  #resuming: Holder[] = [];
  /** Waiting calls by plugin; the plugin whose turn it is comes first. */
  readonly #entering = new Map<string, Holder[]>();

  /** Waits for the turn to run; nothing if `over` settles first. */
  async enter(plugin: string, over: Promise<unknown>): Promise<Pass | undefined> {
    const holder: Holder = { plugin, state: 'waiting', runsSince: 0 };
    const queue = this.#entering.get(plugin);
    if (queue === undefined) this.#entering.set(plugin, [holder]);
    else queue.push(holder);
    const entered = this.#wait(holder);
    if (isWaiting(holder)) void over.then(() => this.#giveUp(holder));
    await entered;
    if (hasLeft(holder)) return undefined;
    return {
      pause: () => this.#pause(holder),
      resume: async () => {
        if (holder.state !== 'paused') return;
        this.#resuming.push(holder);
        await this.#wait(holder);
      },
      leave: (fuel = 0) => this.#leave(holder, fuel),
    };
  }

  async #wait(holder: Holder): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      holder.wake = resolve;
    });
    this.#runNext();
    await woken;
  }

  #pause(holder: Holder): void {
    if (holder.state !== 'running') return;
    holder.state = 'paused';
    this.#running = undefined;
    const busyMs = Date.now() - holder.runsSince;
    if (busyMs >= LIGHT_UNTIL_PAUSE_MS) this.#rest(MAX_REST_MS);
    this.#runNext();
  }

  #leave(holder: Holder, fuel: number): void {
    if (holder.state === 'left') return;
    holder.state = 'left';
    this.#inside.delete(holder);
    this.#resuming = this.#resuming.filter((other) => other !== holder);
    holder.wake?.();
    if (this.#running === holder) {
      this.#running = undefined;
      this.#rest(restAfter(fuel, Date.now() - holder.runsSince));
    }
    this.#runNext();
  }

  /** Only for a call that still waits to enter. */
  #giveUp(holder: Holder): void {
    if (holder.state !== 'waiting') return;
    holder.state = 'left';
    const others = this.#entering.get(holder.plugin)?.filter((other) => other !== holder) ?? [];
    if (others.length === 0) this.#entering.delete(holder.plugin);
    else this.#entering.set(holder.plugin, others);
    holder.wake?.();
  }

  #rest(ms: number): void {
    if (ms === 0 || this.#isResting) return;
    this.#isResting = true;
    setTimeout(() => {
      this.#isResting = false;
      this.#runNext();
    }, ms);
  }

  #runNext(): void {
    if (this.#running !== undefined || this.#isResting) return;
    const next = this.#resuming.shift() ?? this.#admit();
    if (next === undefined) return;
    next.state = 'running';
    next.runsSince = Date.now();
    this.#running = next;
    next.wake?.();
    next.wake = undefined;
  }

  #admit(): Holder | undefined {
    if (this.#inside.size >= MAX_CALLS_INSIDE) return undefined;
    for (const [plugin, [next, ...others]] of this.#entering) {
      if (next === undefined || this.#countInside(plugin) >= MAX_CALLS_OF_ONE_PLUGIN) continue;
      // To the end of the round, behind all other plugins.
      this.#entering.delete(plugin);
      if (others.length > 0) this.#entering.set(plugin, others);
      this.#inside.set(next, plugin);
      return next;
    }
    return undefined;
  }

  #countInside(plugin: string): number {
    return [...this.#inside.values()].filter((other) => other === plugin).length;
  }
}

/** Functions, since a state changes while others are awaited. */
function isWaiting({ state }: Holder): boolean {
  return state === 'waiting';
}

function hasLeft({ state }: Holder): boolean {
  return state === 'left';
}
