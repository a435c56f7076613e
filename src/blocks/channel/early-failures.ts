/**
 * What a platform says of a message before its answer has said which one that is: its word comes by another
 * connection, and may overtake the answer. In memory alone: an answer that this life does not hear is heard
 * by none.
 *
 * @module
 */

import { remember } from '../../core/primitives/remember.ts';

/** Most that are remembered; the oldest goes first. */
const MAX_REMEMBERED = 1_000;

export class EarlyFailures {
  /** By channel and receipt. */
  readonly #codes = new Map<string, string>();

  note(channel: string, receipt: string, code: string): void {
    remember(this.#codes, [keyOf(channel, receipt), code], MAX_REMEMBERED);
  }

  /** Why what the answer calls so did not arrive, if that is known already. */
  take(channel: string, receipt: string): string | undefined {
    const key = keyOf(channel, receipt);
    const code = this.#codes.get(key);
    this.#codes.delete(key);
    return code;
  }
}

function keyOf(channel: string, receipt: string): string {
  return JSON.stringify([channel, receipt]);
}
