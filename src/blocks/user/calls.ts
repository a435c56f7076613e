/**
 * Calls that wait in this object for their answer. Held in memory: who asked is gone with the object.
 *
 * @module
 */

import type { Envelope } from '../../core/blocks/block-signal.ts';

export class Calls {
  /** Made with the first: most blocks never have any, and an empty one takes memory, too. */
  #waiting: Map<string, (answer: Envelope | undefined) => void> | undefined;

  /** The answer, or nothing once the time is over or the block has ended. */
  wait(correlationId: string, timeoutMs: number): Promise<Envelope | undefined> {
    return new Promise((resolve) => {
      const settle = (answer: Envelope | undefined): void => {
        clearTimeout(timer);
        this.#waiting?.delete(correlationId);
        resolve(answer);
      };
      const timer = setTimeout(() => settle(undefined), timeoutMs);
      this.#waiting ??= new Map();
      this.#waiting.set(correlationId, settle);
    });
  }

  /** Whether somebody was still waiting: each call is answered once. */
  answer(correlationId: string, envelope: Envelope): boolean {
    const settle = this.#waiting?.get(correlationId);
    settle?.(envelope);
    return settle !== undefined;
  }

  /** Nothing will come any more. */
  giveUp(correlationId: string): void {
    this.#waiting?.get(correlationId)?.(undefined);
  }

  endAll(): void {
    for (const settle of [...(this.#waiting?.values() ?? [])]) settle(undefined);
  }
}
