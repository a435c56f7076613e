/**
 * The storage functions, host functions of Extism's user namespace: the plugin's Wasm stack sleeps
 * while its lane decides, asks and answers.
 *
 * All take and give 64-bit integers. A number below zero says what is wrong with the request, and
 * the plugin goes on; a refusal ends the run. See `docs/plugins/storage.md`.
 *
 * @module
 */

import {
  findRequestProblem,
  STORAGE_LIMITS,
  type StorageRefusal,
  type StorageRequest,
  type StoredEntry,
} from '../../../blocks/storage/storage-api.ts';
import { type Guest, HOST_CALL_FUEL } from './guest.ts';
import { GuestStop } from './guest-stop.ts';
import { hostOf } from './host-of-run.ts';
import type { HostRun } from './host-run.ts';
import type { PluginHost, StorageReply } from './plugin-protocol.ts';

/** What the plugin reads in place of a handle. Part of the interface: numbers never change. */
const REFUSAL_CODES = {
  key_invalid: -1n,
  value_invalid: -2n,
  limit_invalid: -3n,
  storage_full: -4n,
  too_many_keys: -5n,
  key_exists: -6n,
} as const satisfies Record<StorageRefusal, bigint>;

/** Reads a request from what the plugin handed over, each number the handle of a block or a limit. */
type ReadRequest = (guest: Guest, ...handed: readonly bigint[]) => StorageRequest;

const REQUESTS: Readonly<Record<string, ReadRequest>> = {
  kv_get: (guest, key = 0n) => ({ kind: 'get', key: readKey(guest, key) }),
  kv_set: (guest, key = 0n, value = 0n) => ({ kind: 'set', ...readEntry(guest, key, value) }),
  kv_add: (guest, key = 0n, value = 0n) => ({ kind: 'add', ...readEntry(guest, key, value) }),
  kv_delete: (guest, key = 0n) => ({ kind: 'delete', key: readKey(guest, key) }),
  kv_list: (guest, prefix = 0n, after = 0n, limit = 0n) => ({
    kind: 'list',
    prefix: readKey(guest, prefix),
    after: readKey(guest, after),
    limit: Number(limit),
  }),
};

export function storageFunctions(run: HostRun): WebAssembly.ModuleImports {
  const { guest } = run;
  const imports: WebAssembly.ModuleImports = {};
  for (const [name, readRequest] of Object.entries(REQUESTS)) {
    const call = async (...handed: readonly bigint[]): Promise<bigint> => {
      guest.charge(HOST_CALL_FUEL);
      return ask(guest, hostOf(run), readRequest(guest, ...handed));
    };
    imports[name] = new WebAssembly.Suspending(call) as unknown as WebAssembly.ImportValue;
  }
  return imports;
}

/** What is plainly wrong goes no further; the storage itself decides again. */
async function ask(guest: Guest, host: PluginHost, request: StorageRequest): Promise<bigint> {
  if ('value' in request) guest.charge(request.value.length >>> 3);
  const problem = findRequestProblem(request);
  if (problem !== undefined) return REFUSAL_CODES[problem];
  return deliver(guest, await guest.wait(host.storage(request)));
}

function deliver(guest: Guest, reply: StorageReply): bigint {
  switch (reply.kind) {
    case 'ended':
      throw new GuestStop(reply.reason);
    case 'refused':
      return REFUSAL_CODES[reply.reason];
    case 'done':
      return 0n;
    case 'value':
      return reply.value === undefined ? 0n : give(guest, reply.value);
    case 'entries':
      return give(guest, toFrames(reply.entries));
  }
}

function give(guest: Guest, bytes: Uint8Array): bigint {
  guest.charge(bytes.length >>> 3);
  return guest.writeBlock(bytes);
}

/** One entry after the other: length and bytes of the key, then of the value; lengths are u32 LE. */
export function toFrames(entries: readonly StoredEntry[]): Uint8Array {
  const parts = entries.flatMap(({ key, value }) => [key, value]);
  const frames = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const lengths = new DataView(frames.buffer);
  let at = 0;
  for (const part of parts) {
    lengths.setUint32(at, part.length, true);
    frames.set(part, at + 4);
    at += 4 + part.length;
  }
  return frames;
}

function readEntry(guest: Guest, key: bigint, value: bigint): StoredEntry {
  return { key: readKey(guest, key), value: copyUpTo(STORAGE_LIMITS.value, guest, value) };
}

function readKey(guest: Guest, handle: bigint): Uint8Array {
  return copyUpTo(STORAGE_LIMITS.key, guest, handle);
}

/**
 * What is longer is copied no further than shows it: a block may have 16 MiB, which are not paid
 * for, and a plugin may hand it over as often as its fuel allows.
 */
function copyUpTo(maxBytes: number, guest: Guest, handle: bigint): Uint8Array {
  return guest.readBlock(handle).slice(0, maxBytes + 1);
}
