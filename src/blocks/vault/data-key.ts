/**
 * The data keys of a workspace, which seal its secrets and its content, and the keys that they lie
 * wrapped under.
 *
 * A wrapping key is derived from a master key for one workspace, so a data key that is moved to the
 * storage of another workspace cannot be unwrapped there. While the master key is being changed,
 * what lies under the previous one can be read, and is put under the present one.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import type { BlockBindings } from '../kit/bindings.ts';
import { deriveKey, hmacHex, randomHex } from '../kit/keys.ts';
import { open, seal } from './envelope.ts';
import type { WrappedDataKey } from './wrapped-data-key.ts';

const DATA_KEY_BYTES = 32;
const KEY_ID_BYTES = 8;

/** What a wrapped key is for, so that none can stand in for another. */
type KeyKind = 'sallyport-data-key/1' | typeof CONTENT_KEY | typeof SIGN_IN_KEY;

/** The kind of those by which blocks seal what they store. */
export const CONTENT_KEY = 'sallyport-content-key/1';

/** The kind of those under which each sign-in to a remote server lies by itself. */
export const SIGN_IN_KEY = 'sallyport-sign-in-key/1';

export interface DataKey {
  readonly id: string;
  readonly key: Uint8Array;
}

interface WrappingKey {
  /** Says nothing about the key: the beginning of an HMAC under it. */
  readonly id: string;
  readonly key: Uint8Array;
}

export class WrappingKeys {
  readonly #workspace: string;
  readonly #kind: KeyKind;
  readonly #present: WrappingKey;
  readonly #previous: WrappingKey | undefined;

  constructor(
    env: Pick<BlockBindings, 'SALLYPORT_MASTER_KEY' | 'SALLYPORT_PREVIOUS_MASTER_KEY'>,
    workspace: string,
    kind: KeyKind = 'sallyport-data-key/1',
  ) {
    const { SALLYPORT_MASTER_KEY: present, SALLYPORT_PREVIOUS_MASTER_KEY: previous } = env;
    this.#workspace = workspace;
    this.#kind = kind;
    this.#present = toWrappingKey(present, workspace);
    this.#previous = previous === undefined ? undefined : toWrappingKey(previous, workspace);
  }

  create(): DataKey {
    return { id: randomHex(KEY_ID_BYTES), key: randomBytes(DATA_KEY_BYTES) };
  }

  /** Under the present master key. */
  wrap({ id, key }: DataKey): WrappedDataKey {
    const { id: wrappedBy, key: wrapping } = this.#present;
    return { id, wrappedBy, wrapped: seal(wrapping, key, this.#about(id)) };
  }

  /** `undefined` if it lies under neither key. */
  unwrap({ id, wrappedBy, wrapped }: WrappedDataKey): DataKey | undefined {
    const wrapping = [this.#present, this.#previous].find((known) => known?.id === wrappedBy);
    const key = wrapping && open(wrapping.key, wrapped, this.#about(id));
    return key && { id, key };
  }

  isPresent({ wrappedBy }: Pick<WrappedDataKey, 'wrappedBy'>): boolean {
    return wrappedBy === this.#present.id;
  }

  #about(dataKey: string) {
    return { kind: this.#kind, workspace: this.#workspace, dataKey };
  }
}

function toWrappingKey(masterKey: string, workspace: string): WrappingKey {
  const key = deriveKey(masterKey, `vault:${workspace}`);
  return { id: hmacHex(key, 'sallyport-wrapping-key-id').slice(0, 2 * KEY_ID_BYTES), key };
}
