/**
 * `storage` of `sallyport:storage`: what this plugin keeps in this workspace.
 *
 * Keys and values are bytes; text goes in and out as UTF-8.
 *
 * @module
 */

import type { Host } from './host.ts';

interface ListOptions {
  readonly prefix?: unknown;
  readonly after?: unknown;
  readonly limit?: unknown;
}

/** Entries that `list` answers unless asked for fewer. */
const DEFAULT_LIMIT = 100;

export function createStorage(host: Host) {
  const toBytes = (value: unknown): Uint8Array =>
    value instanceof Uint8Array ? value : host.encode(String(value).toWellFormed());
  const toText = (bytes: Uint8Array): string => host.decode(bytes, 'ignoreBOM');
  return {
    getBytes: (key: unknown) => host.storageGet(toBytes(key)),
    get(key: unknown): string | undefined {
      const value = host.storageGet(toBytes(key));
      return value && toText(value);
    },
    set(key: unknown, value: unknown): void {
      host.storageSet(toBytes(key), toBytes(value));
    },
    /** Stores it unless there is one; answers whether it did. */
    add: (key: unknown, value: unknown) =>
      host.storageAdd(toBytes(key), toBytes(value)) === undefined,
    delete(key: unknown): void {
      host.storageDelete(toBytes(key));
    },
    /** Entries in the order of their keys. */
    list({ prefix = '', after = '', limit = DEFAULT_LIMIT }: ListOptions = {}) {
      const frames = host.storageList(toBytes(prefix), toBytes(after), String(limit));
      return readEntries(frames).map(([key, value]) => ({
        key: toText(key),
        value: toText(value),
      }));
    },
  };
}

function readEntries(frames: Uint8Array): (readonly [Uint8Array, Uint8Array])[] {
  const lengths = new DataView(frames.buffer, frames.byteOffset, frames.byteLength);
  const entries: (readonly [Uint8Array, Uint8Array])[] = [];
  let at = 0;
  const readPart = (): Uint8Array => {
    const start = at + 4;
    at = start + lengths.getUint32(at, true);
    return frames.subarray(start, at);
  };
  while (at < frames.length) entries.push([readPart(), readPart()]);
  return entries;
}
