/**
 * How many calls run at once; the others wait in the order in which they came.
 *
 * @module
 */

export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** What gives the slot back, once, if one is free. */
  takeFree(): (() => void) | undefined {
    if (this.#free === 0) return undefined;
    this.#free -= 1;
    return this.#giver();
  }

  /** Resolves with what gives the slot back, once, or with nothing if the signal came first. */
  async take(signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return undefined;
    const free = this.takeFree();
    if (free !== undefined) return free;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    const leave = () => {
      const at = this.#waiting.indexOf(resolve);
      if (at === -1) return;
      this.#waiting.splice(at, 1);
      resolve();
    };
    signal.addEventListener('abort', leave);
    await promise;
    signal.removeEventListener('abort', leave);
    if (!signal.aborted) return this.#giver();
    return undefined;
  }

  #giver(): () => void {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    };
  }
}
