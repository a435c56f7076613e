/**
 * JSON values as they are kept: each sealed under a data key of its own, about what it belongs to.
 *
 * @module
 */

import type { JsonObject } from '../../core/primitives/json.ts';
import type { WrappingKeys } from './data-key.ts';
import { open, seal } from './envelope.ts';

/** The parts as base64, in JSON. */
export type SealedText = string;

interface Parts {
  readonly id: string;
  readonly wrappedBy: string;
  readonly wrapped: string;
  readonly sealed: string;
}

export class SealedJson {
  readonly #wrapping: WrappingKeys;

  constructor(wrapping: WrappingKeys) {
    this.#wrapping = wrapping;
  }

  /** Under the present master key. */
  seal(about: JsonObject, value: JsonObject): SealedText {
    const key = this.#wrapping.create();
    const { id, wrappedBy, wrapped } = this.#wrapping.wrap(key);
    const sealed = seal(key.key, Buffer.from(JSON.stringify(value), 'utf8'), about);
    const parts: Parts = { id, wrappedBy, wrapped: toText(wrapped), sealed: toText(sealed) };
    return JSON.stringify(parts);
  }

  /** `undefined` if no master key opens it, or it was sealed about something else. */
  open(about: JsonObject, text: SealedText): JsonObject | undefined {
    const { id, wrappedBy, wrapped, sealed }: Parts = JSON.parse(text);
    const key = this.#wrapping.unwrap({ id, wrappedBy, wrapped: toBytes(wrapped) });
    const plain = key && open(key.key, toBytes(sealed), about);
    return plain && JSON.parse(Buffer.from(plain).toString('utf8'));
  }
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function toBytes(text: string): Uint8Array {
  return Buffer.from(text, 'base64');
}
