/**
 * What a plugin keeps between calls: keys and values as texts, in a storage of its own for each
 * workspace. See `docs/plugins/storage.md` for the limits.
 *
 * A refusal by the gateway ends the call at once; there is nothing to catch. What is wrong with a
 * request comes back as a `Refusal`, which is below zero.
 */

import { Memory } from "@extism/as-pdk";
import { length } from "@extism/as-pdk/lib/env";
import { decode, encode } from "./utf8";

@external("extism:host/user", "kv_get")
declare function kv_get(key: u64): i64;

@external("extism:host/user", "kv_set")
declare function kv_set(key: u64, value: u64): i64;

@external("extism:host/user", "kv_add")
declare function kv_add(key: u64, value: u64): i64;

@external("extism:host/user", "kv_delete")
declare function kv_delete(key: u64): i64;

@external("extism:host/user", "kv_list")
declare function kv_list(prefix: u64, after: u64, limit: u64): i64;

export enum Refusal {
  None = 0,
  KeyInvalid = -1,
  ValueInvalid = -2,
  LimitInvalid = -3,
  StorageFull = -4,
  TooManyKeys = -5,
  KeyExists = -6,
}

/** Most entries of one list. */
export const MAX_LISTED: i32 = 100;

export class Entry {
  constructor(
    public key: string,
    public value: string,
  ) {}
}

/** The value, or nothing if there is none. */
export function getText(key: string): string | null {
  const handle = kv_get(toBlock(key));
  return handle <= 0 ? null : decode(read(handle));
}

export function setText(key: string, value: string): Refusal {
  return <Refusal>(<i32>kv_set(toBlock(key), toBlock(value)));
}

/** Sets what is not there yet; `KeyExists` otherwise, whoever was first. */
export function addText(key: string, value: string): Refusal {
  return <Refusal>(<i32>kv_add(toBlock(key), toBlock(value)));
}

/** Does not tell whether there was one. */
export function deleteKey(key: string): Refusal {
  return <Refusal>(<i32>kv_delete(toBlock(key)));
}

/**
 * The next entries behind `after` (from the first one if that is empty) whose keys begin with
 * `prefix`, at most `limit`, and fewer where no more would fit. None at all: that was the end.
 */
export function listEntries(prefix: string, after: string, limit: i32): Entry[] {
  const entries: Entry[] = [];
  const handle = kv_list(toBlock(prefix), toBlock(after), limit);
  if (handle <= 0) return entries;
  const frames = read(handle);
  for (let at = 0; at < frames.length; ) {
    const key = frame(frames, at);
    at += 4 + key.length;
    const value = frame(frames, at);
    at += 4 + value.length;
    entries.push(new Entry(decode(key), decode(value)));
  }
  return entries;
}

/** Length as 32 bits, little end first, and as many bytes. */
function frame(frames: Uint8Array, at: i32): Uint8Array {
  const length = load<i32>(frames.dataStart + at);
  return frames.slice(at + 4, at + 4 + length);
}

/** No text is no block. */
function toBlock(text: string): u64 {
  return text.length == 0 ? 0 : Memory.allocateBytes(encode(text)).offset;
}

function read(handle: i64): Uint8Array {
  return new Memory(handle, length(handle)).toUint8Array();
}
