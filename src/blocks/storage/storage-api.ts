/**
 * What the storage of one plugin in one workspace answers over RPC, and how much it holds.
 *
 * Keys and values are bytes; keys are ordered as bytes are. `storage-client.ts` is the only file
 * that reaches the object.
 *
 * @module
 */

import type { Label } from '../../core/policy/labels.ts';

/** What a plugin may keep, all of it in bytes unless it says otherwise. */
export const STORAGE_LIMITS = {
  key: 512,
  value: 65_536,
  /** Keys and values of one plugin together. */
  total: 1_048_576,
  /** Keys of one plugin, in number. */
  keys: 1_000,
  /** Entries of one list, in number. */
  listed: 100,
  /** Keys and values of one list together, but for the first entry, which always fits. */
  listedBytes: 262_144,
} as const;

export type StorageRequest =
  | { readonly kind: 'get'; readonly key: Uint8Array }
  | { readonly kind: 'set'; readonly key: Uint8Array; readonly value: Uint8Array }
  /** Sets what is not there yet, and refuses otherwise. */
  | { readonly kind: 'add'; readonly key: Uint8Array; readonly value: Uint8Array }
  /** Does not tell whether there was one: a plugin that may only write reads nothing so. */
  | { readonly kind: 'delete'; readonly key: Uint8Array }
  /** Entries whose key begins with `prefix` and comes behind `after`, in the order of keys. */
  | {
      readonly kind: 'list';
      readonly prefix: Uint8Array;
      readonly after: Uint8Array;
      readonly limit: number;
    };

export type StorageRefusal =
  | 'key_invalid'
  | 'value_invalid'
  | 'limit_invalid'
  | 'storage_full'
  | 'too_many_keys'
  | 'key_exists';

export interface StoredEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export type StorageAnswer =
  | { readonly kind: 'value'; readonly value: Uint8Array | undefined }
  /** Fewer than asked for where there are no more, or no more would fit. */
  | { readonly kind: 'entries'; readonly entries: readonly StoredEntry[] }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly reason: StorageRefusal }
  /** The plugin was deleted after the call had been approved. Nothing was read or changed. */
  | { readonly kind: 'erased' };

export interface Performed {
  readonly answer: StorageAnswer;
  /** Join over the labels of all that the answer shows. */
  readonly label: Label;
}

export interface StorageApi {
  /**
   * Does one thing, whole or not at all. `revision` is that of the call's ticket; `label` is kept
   * with what is written.
   */
  perform(request: StorageRequest, revision: number, label: Label): Promise<Performed>;
  /** Deletes everything, and refuses from then on what was approved before this revision. */
  erase(revision: number): Promise<void>;
}

/** What is wrong with a request by itself; nothing is known here of what is stored. */
export function findRequestProblem(request: StorageRequest): StorageRefusal | undefined {
  if (request.kind === 'list') return findListProblem(request);
  if (!isWithin(request.key, 1, STORAGE_LIMITS.key)) return 'key_invalid';
  if (request.kind !== 'set' && request.kind !== 'add') return undefined;
  return isWithin(request.value, 1, STORAGE_LIMITS.value) ? undefined : 'value_invalid';
}

function findListProblem({
  prefix,
  after,
  limit,
}: Extract<StorageRequest, { kind: 'list' }>): StorageRefusal | undefined {
  const areKeys = [prefix, after].every((bytes) => isWithin(bytes, 0, STORAGE_LIMITS.key));
  if (!areKeys) return 'key_invalid';
  const isLimit = Number.isInteger(limit) && limit >= 1 && limit <= STORAGE_LIMITS.listed;
  return isLimit ? undefined : 'limit_invalid';
}

function isWithin(bytes: Uint8Array, least: number, most: number): boolean {
  return bytes.length >= least && bytes.length <= most;
}
