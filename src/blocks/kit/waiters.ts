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
  /** Made with the first: most objects never have any, and an empty one takes memory, too. */
  #waiting: Map<string, Set<Wake>> | undefined;

  /** Resolves at the next {@link wake} for this topic, or after `timeoutMs`, whichever is first. */
  wait(topic: string, timeoutMs: number): Promise<void> {
    if (timeoutMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const topics: Map<string, Set<Wake>> = this.#waiting ?? new Map();
      this.#waiting = topics;
      const waiting = topics.get(topic) ?? new Set<Wake>();
      topics.set(topic, waiting);
      const wake = (): void => {
        clearTimeout(timer);
        waiting.delete(wake);
        if (waiting.size === 0 && topics.get(topic) === waiting) topics.delete(topic);
        resolve();
      };
      const timer = setTimeout(wake, timeoutMs);
      waiting.add(wake);
    });
  }

  wake(topic: string): void {
    for (const wake of [...(this.#waiting?.get(topic) ?? [])]) wake();
  }

  wakeAll(): void {
    for (const topic of [...(this.#waiting?.keys() ?? [])]) this.wake(topic);
  }

  /** How many wait for this topic now. */
  count(topic: string): number {
    return this.#waiting?.get(topic)?.size ?? 0;
  }
}
