/**
 * What must not happen while a message is being processed: it waits for its end, keeps the next one
 * waiting, and is done one at a time.
 *
 * @module
 */

export interface Interlude<T> {
  /** What is going on, if anything. */
  readonly busy: () => Promise<void> | undefined;
  readonly task: () => Promise<T>;
  /** Longest that it waits for its turn, in milliseconds. */
  readonly waitMs: number;
}

export class Interludes {
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** Nothing new is to be begun. */
  get isWanted(): boolean {
    return this.#waiting > 0;
  }

  /** What came of the task; nothing if its turn did not come in time, and then it is never run. */
  async run<T>({ busy, task, waitMs }: Interlude<T>): Promise<T | undefined> {
    const over = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = before.then(() => over.promise);
    this.#waiting += 1;
    try {
      const isTurn = await endsWithin(
        before.then(() => busy()),
        waitMs,
      );
      return isTurn ? await task() : undefined;
    } finally {
      this.#waiting -= 1;
      over.resolve();
    }
  }
}

async function endsWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  const ended = promise.then(
    () => true,
    () => true,
  );
  const inTime = await Promise.race([ended, late]);
  clearTimeout(timer);
  return inTime;
}
