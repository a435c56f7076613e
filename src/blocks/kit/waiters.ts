/**
 * Long polls that wait within one object for something to happen.
 *
 * Held in memory only: an object that is reset drops its waiters together with the requests that
 * they belong to. Waking carries no value; whoever wakes reads storage again.
 *
 * @module
 */

type Wake = () => void;

export class Waiters {
  readonly #waiting = new Map<string, Set<Wake>>();

  /** Resolves at the next {@link wake} for this topic, or after `timeoutMs`, whichever is first. */
  wait(topic: string, timeoutMs: number): Promise<void> {
    if (timeoutMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(topic) ?? new Set();
      this.#waiting.set(topic, waiting);
      const wake = (): void => {
        clearTimeout(timer);
        waiting.delete(wake);
        if (waiting.size === 0 && this.#waiting.get(topic) === waiting) this.#waiting.delete(topic);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      waiting.add(wake);
    });
  }

  wake(topic: string): void {
    for (const wake of [...(this.#waiting.get(topic) ?? [])]) wake();
  }

  wakeAll(): void {
    for (const topic of [...this.#waiting.keys()]) this.wake(topic);
  }

  /** How many wait for this topic now. */
  count(topic: string): number {
    return this.#waiting.get(topic)?.size ?? 0;
  }
}
