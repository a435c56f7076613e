/**
 * A message that was received and is leased until it is acknowledged or answered.
 *
 * @module
 */

import type { JsonValue } from '../core/primitives/json.ts';
import type { ReceivedJson } from './block-types.ts';

/** Where leases are given back. */
export interface Leaser {
  acknowledge(...leases: readonly string[]): Promise<number>;
  reply(lease: string, body: JsonValue): Promise<void>;
}

export class Message {
  readonly #block: Leaser;
  readonly #json: ReceivedJson;

  constructor(block: Leaser, json: ReceivedJson) {
    this.#block = block;
    this.#json = json;
  }

  /** JSON; base64 text of a message that is bytes. */
  get body(): JsonValue {
    return this.#json.body ?? this.#json.bytes ?? null;
  }

  /** `block:<id>`, or a principal's `kind:id`. */
  get from(): string {
    return this.#json.from;
  }

  get messageId(): string {
    return this.#json.messageId;
  }

  get seq(): number {
    return this.#json.seq;
  }

  /** How many lives of the block ended over it. */
  get attempts(): number {
    return this.#json.attempts;
  }

  /** An exit, a down or a timer. */
  get isSignal(): boolean {
    return this.#json.signal === true;
  }

  /** Somebody waits for an answer. */
  get isCall(): boolean {
    return this.#json.correlationId !== undefined;
  }

  get lease(): string {
    return this.#json.lease;
  }

  /** Done: it does not come again. */
  async ack(): Promise<void> {
    await this.#block.acknowledge(this.lease);
  }

  /** Answers a call, once; the message is done with then. */
  reply(body: JsonValue): Promise<void> {
    return this.#block.reply(this.lease, body);
  }
}
