/**
 * A clock for tests: time passes only when nothing else can happen.
 *
 * Every sleep waits in line; once a macrotask has gone by without anything happening, the next one
 * in line is over and time jumps there. So a turn of two minutes takes no time, and its order of
 * events is the real one.
 */

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

export class VirtualClock {
  now: number;
  #sleepers: Sleeper[] = [];
  #isPumping = false;

  constructor(now: number) {
    this.now = now;
  }

  readonly sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper: Sleeper = { at: this.now + Math.max(0, ms), wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      });
      this.#pump();
    });
  };

  #pump(): void {
    if (this.#isPumping || this.#sleepers.length === 0) return;
    this.#isPumping = true;
    setTimeout(() => {
      this.#isPumping = false;
      const next = this.#sleepers.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) return;
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      this.now = Math.max(this.now, next.at);
      next.wake();
      this.#pump();
    }, 0);
  }
}
