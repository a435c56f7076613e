/**
 * Lets the calls of one workspace run one at a time, so that it cannot starve the others of the
 * one thread that all share.
 *
 * A call that waits for its host lets the next one run meanwhile, and has precedence when it
 * comes back. How many may be on their way at once is bounded: the platform keeps only so many
 * isolates at work for one object.
 *
 * @module
 */

/** Most calls that are running or waiting for their host; the rest queue, first come first served. */
export const MAX_CALLS_INSIDE = 8;

/** The right to run, in the hands of one call. */
export interface Pass {
  /** Lets another call run until {@link resume}. */
  pause(): void;
  /** Waits for the turn to run again; returns at once after {@link leave}. */
  resume(): Promise<void>;
  /** Ends it all; further calls change nothing. */
  leave(): void;
}

interface Holder {
  state: 'waiting' | 'running' | 'paused' | 'left';
  /** Set while it waits to run. */
  wake?: (() => void) | undefined;
}

export class Turnstile {
  #running: Holder | undefined;
  #inside = 0;
  #resuming: Holder[] = [];
  #entering: Holder[] = [];

  async enter(): Promise<Pass> {
    const holder: Holder = { state: 'waiting' };
    await this.#wait(holder, this.#entering);
    return {
      pause: () => this.#pause(holder),
      resume: async () => {
        if (holder.state === 'paused') await this.#wait(holder, this.#resuming);
      },
      leave: () => this.#leave(holder),
    };
  }

  async #wait(holder: Holder, queue: Holder[]): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      holder.wake = resolve;
    });
    queue.push(holder);
    this.#runNext();
    await woken;
  }

  #pause(holder: Holder): void {
    if (holder.state !== 'running') return;
    holder.state = 'paused';
    this.#running = undefined;
    this.#runNext();
  }

  #leave(holder: Holder): void {
    if (holder.state === 'left') return;
    holder.state = 'left';
    this.#inside -= 1;
    if (this.#running === holder) this.#running = undefined;
    this.#resuming = this.#resuming.filter((other) => other !== holder);
    holder.wake?.();
    this.#runNext();
  }

  #runNext(): void {
    if (this.#running !== undefined) return;
    const next = this.#resuming.shift() ?? this.#admit();
    if (next === undefined) return;
    next.state = 'running';
    this.#running = next;
    next.wake?.();
    next.wake = undefined;
  }

  #admit(): Holder | undefined {
    if (this.#inside >= MAX_CALLS_INSIDE) return undefined;
    const next = this.#entering.shift();
    if (next !== undefined) this.#inside += 1;
    return next;
  }
}
