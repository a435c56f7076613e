/**
 * The keys by which one object seals and opens its content: each derived from a content key of its
 * workspace for this object alone, so that what one object has sealed opens in no other.
 *
 * They are unwrapped when they are first needed, and stay in memory for a life of the object.
 *
 * @module
 */

import { hkdfSync } from 'node:crypto';
import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { CONTENT_KEY, WrappingKeys } from '../vault/data-key.ts';
import type { WrappedDataKey } from '../vault/wrapped-data-key.ts';
import type { BlockBindings } from './bindings.ts';

const KEY_BYTES = 32;

export type MasterKeys = Pick<
  BlockBindings,
  'SALLYPORT_MASTER_KEY' | 'SALLYPORT_PREVIOUS_MASTER_KEY'
>;

/** Whose keys: the kind of an object, and its name. */
export interface SealedObject {
  readonly workspace: WorkspaceId;
  readonly object: string;
}

export class ObjectKeys {
  readonly #wrapped: ReadonlyMap<string, WrappedDataKey>;
  readonly #keys = new Map<string, Uint8Array | undefined>();
  readonly #wrapping: WrappingKeys;
  readonly #object: string;
  /** Id of the one to seal with; absent if the vault has none. */
  readonly newest: string | undefined;

  /** `wrapped`: as the vault gives them, the newest first. */
  constructor(
    wrapped: readonly WrappedDataKey[],
    master: MasterKeys,
    { workspace, object }: SealedObject,
  ) {
    this.#wrapped = new Map(wrapped.map((key) => [key.id, key]));
    this.#wrapping = new WrappingKeys(master, workspace, CONTENT_KEY);
    this.#object = object;
    this.newest = wrapped[0]?.id;
  }

  /** `undefined` if the vault does not have it, or no master key opens it. */
  find(id: string): Uint8Array | undefined {
    if (!this.#keys.has(id)) this.#keys.set(id, this.#derive(id));
    return this.#keys.get(id);
  }

  #derive(id: string): Uint8Array | undefined {
    const wrapped = this.#wrapped.get(id);
    const key = wrapped && this.#wrapping.unwrap(wrapped)?.key;
    if (key === undefined) return undefined;
    const purpose = `sallyport-content:${this.#object}`;
    return new Uint8Array(hkdfSync('sha256', key, '', purpose, KEY_BYTES));
  }
}
