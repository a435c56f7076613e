/**
 * Stores what comes in within a moment in one transaction, hence in one write to disk: under load that is
 * most of what a message costs. Nobody is answered before the write is done, and each gets an answer of
 * its own; what cannot be stored takes none of the others with it.
 *
 * @module
 */

import type { WebhookVerdict } from './channel-api.ts';
import type { ChannelParts } from './channel-parts.ts';
import { type ReceivedNow, type Signed, store } from './receive-webhook.ts';

interface Waiting {
  readonly signed: Signed;
  readonly answer: PromiseWithResolvers<WebhookVerdict>;
}

export class Intake {
  readonly #parts: ChannelParts;
  readonly #begin: (channel: string, received: ReceivedNow) => void;
  #waiting: Waiting[] = [];

  /** `begin` is told what is stored, after the transaction and in the order of arrival. */
  constructor(parts: ChannelParts, begin: (channel: string, received: ReceivedNow) => void) {
    this.#parts = parts;
    this.#begin = begin;
  }

  /** Rejects if it could not be stored. */
  take(signed: Signed): Promise<WebhookVerdict> {
    const answer = Promise.withResolvers<WebhookVerdict>();
    this.#waiting.push({ signed, answer });
    // Timers come after all requests that have arrived by now.
    if (this.#waiting.length === 1) setTimeout(() => this.#storeAll(), 0);
    return answer.promise;
  }

  #storeAll(): void {
    const all = this.#waiting;
    this.#waiting = [];
    try {
      this.#store(all);
    } catch {
      // Nothing of it is stored. Each by itself, so that those are stored that can be.
      for (const one of all) this.#storeAlone(one);
    }
  }

  #storeAlone(one: Waiting): void {
    try {
      this.#store([one]);
    } catch (thrown) {
      one.answer.reject(thrown);
    }
  }

  #store(all: readonly Waiting[]): void {
    const stored = this.#parts.transact(() =>
      all.map(({ signed, answer }) => ({ signed, answer, received: store(this.#parts, signed) })),
    );
    for (const { signed, answer, received } of stored) {
      this.#begin(signed.channel.spec.name, received);
      answer.resolve(received.verdict);
    }
  }
}
