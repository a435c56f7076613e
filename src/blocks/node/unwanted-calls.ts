/**
 * Calls that were cancelled before they came: who ends a call does not wait for whoever is about to send
 * it. In memory alone, and for as long as one may be on its way.
 *
 * @module
 */

/** How long one may be on its way here, in milliseconds: to sign it takes far less. */
const KEEP_MS = 60_000;

export class UnwantedCalls {
  /** Until when each is remembered, in the order in which they were cancelled. */
  readonly #until = new Map<string, number>();

  add(callKey: string, now: number): void {
    for (const [key, until] of this.#until) {
      if (until > now) break;
      this.#until.delete(key);
    }
    this.#until.delete(callKey);
    this.#until.set(callKey, now + KEEP_MS);
  }

  has(callKey: string): boolean {
    return this.#until.has(callKey);
  }
}
