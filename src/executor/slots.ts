/**
 * How many calls run at once; the others wait in the order in which they came.
 *
 * @module
 */

export class Slots {
  #free: number;
  /** Each is told whether a slot is his. */
  readonly #waiting: ((isMine: boolean) => void)[] = [];

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
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#waiting.push(resolve);
    const leave = () => {
      const at = this.#waiting.indexOf(resolve);
      if (at === -1) return;
      this.#waiting.splice(at, 1);
      resolve(false);
    };
    signal.addEventListener('abort', leave);
    const isMine = await promise;
    signal.removeEventListener('abort', leave);
    return isMine ? this.#giver() : undefined;
  }

  #giver(): () => void {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next(true);
    };
  }
}
