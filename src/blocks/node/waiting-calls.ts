/**
 * Those who wait for a call to be over. They live in memory: whoever loses the object asks again.
 *
 * @module
 */

import type { ToolOutcome } from '../../core/conversation/tool-result.ts';

type Hear = (outcome: ToolOutcome | undefined) => void;

export class WaitingCalls {
  readonly #waiting = new Map<string, Set<Hear>>();

  /** Nothing if it is not over by then. */
  async until(callKey: string, waitMs: number): Promise<ToolOutcome | undefined> {
    const { promise, resolve: hear } = Promise.withResolvers<ToolOutcome | undefined>();
    const others = this.#waiting.get(callKey) ?? new Set<Hear>();
    this.#waiting.set(callKey, others.add(hear));
    const timer = setTimeout(() => hear(undefined), Math.max(waitMs, 0) + 1);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      others.delete(hear);
      if (others.size === 0) this.#waiting.delete(callKey);
    }
  }

  /** Nobody's call is over, and something has changed for those that wait. */
  lookAgain(): void {
    for (const callKey of this.#waiting.keys()) this.tell(callKey, undefined);
  }

  tell(callKey: string, outcome: ToolOutcome | undefined): void {
    for (const hear of this.#waiting.get(callKey) ?? []) hear(outcome);
  }
}
