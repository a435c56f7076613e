/**
 * What the modules and globals of a JavaScript plugin call: the host functions of the tier, with
 * values of the language in place of blocks and handles.
 *
 * Names and values come from inside the engine, so nothing about them is known to be true.
 *
 * @module
 */

import { findRequestProblem, type StorageRequest } from '../../../blocks/storage/storage-api.ts';
import { createDeterministicRandom } from '../isolate/deterministic-random.ts';
import {
  askHttp,
  type HttpResponse,
  MAX_REQUEST_BODY_BYTES,
  MAX_REQUEST_JSON_BYTES,
  parseDescription,
} from '../isolate/guest-http.ts';
import { GuestStop } from '../isolate/guest-stop.ts';
import { toFrames } from '../isolate/guest-storage.ts';
import type { HostRun } from '../isolate/host-run.ts';
import type { PluginHost, StorageReply } from '../isolate/plugin-protocol.ts';
import type { LogLevel } from '../isolate/run-log.ts';
import type { Host } from './guest/host.ts';
import { GuestMistake } from './guest-mistake.ts';
import type { GuestValue } from './quickjs.ts';

type HostFunction = (...values: readonly GuestValue[]) => GuestValue | Promise<GuestValue>;

type Name = keyof Host;

/** By the names that the code inside the engine has for them. */
export type HostFunctions = Readonly<Partial<Record<Name, HostFunction>>>;

export const HOST_FUNCTION_NAMES = [
  ...(['log', 'config', 'random', 'encode', 'decode', 'http', 'httpBody'] as const),
  ...(['storageGet', 'storageSet', 'storageAdd', 'storageDelete', 'storageList'] as const),
] as const satisfies readonly Name[];

/**
 * Those for the evaluation of a plugin's module: what they answer never differs, and nothing is
 * kept of what is logged.
 */
export function createConstantFunctions(run: HostRun): HostFunctions {
  return { ...textFunctions(run), random: randomFunction(run), log: () => undefined };
}

/** Those of every plugin; without `host`, only those that do not wait. */
export function createHostFunctions(run: HostRun, host: PluginHost | undefined): HostFunctions {
  return {
    ...textFunctions(run),
    log: (level, text) => log(run, level, text),
    config: (name) => setting(run, textOf(name)),
    random: randomFunction(run),
    ...(host && httpFunctions(run, host)),
    ...(host && storageFunctions(run, host)),
  };
}

/** Quieter lines are not kept. */
const KEPT_LEVELS: readonly LogLevel[] = ['info', 'warn', 'error'];

function log(run: HostRun, level: GuestValue, text: GuestValue): undefined {
  const kept = KEPT_LEVELS.find((known) => known === level);
  if (kept === undefined) return;
  if (run.log.isFull) run.log.drop();
  else run.log.write(kept, textOf(text));
}

function setting({ job: { config } }: HostRun, name: string): string | undefined {
  return config !== undefined && Object.hasOwn(config, name) ? config[name] : undefined;
}

/** Fuel for a byte of chance: as for WASI's `random_get`. */
const RANDOM_BYTE_FUEL = 8;

/** As in the Web Cryptography API. */
const MAX_RANDOM_BYTES = 65_536;

function randomFunction({ guest, job }: HostRun): HostFunction {
  const fill = job.limits.randomness
    ? (bytes: Uint8Array) => crypto.getRandomValues(bytes)
    : createDeterministicRandom();
  return (byteCount) => {
    const count = Number(textOf(byteCount));
    if (!Number.isInteger(count) || count < 0 || count > MAX_RANDOM_BYTES) {
      throw new GuestMistake(`Cannot fill: at most ${MAX_RANDOM_BYTES} bytes at once`);
    }
    guest.charge(count * RANDOM_BYTE_FUEL);
    const bytes = new Uint8Array(count);
    fill(bytes);
    return bytes;
  };
}

function textFunctions({ guest }: HostRun): HostFunctions {
  return {
    encode: (text) => new TextEncoder().encode(textOf(text)),
    decode: (bytes, mode) => {
      const modes = textOf(mode);
      const fatal = modes.includes('fatal');
      const ignoreBOM = modes.includes('ignoreBOM');
      guest.charge(bytesOf(bytes).length >>> 3);
      try {
        return new TextDecoder('utf-8', { fatal, ignoreBOM }).decode(bytesOf(bytes));
      } catch {
        throw new GuestMistake('Cannot decode: the bytes must be UTF-8');
      }
    },
  };
}

function httpFunctions(run: HostRun, host: PluginHost): HostFunctions {
  let last: HttpResponse | undefined;
  return {
    http: async (description, body) => {
      const request = parseDescription(textOf(description).slice(0, MAX_REQUEST_JSON_BYTES));
      if (request === undefined) {
        throw new GuestMistake(
          'Cannot fetch: URL, method and headers must be texts of 64 KiB, timeoutMs at most 600000, redirect "follow" or "manual"',
        );
      }
      const bytes = body === undefined ? new Uint8Array() : bytesOf(body);
      if (bytes.length > MAX_REQUEST_BODY_BYTES) {
        throw new GuestMistake(`Cannot fetch: at most ${MAX_REQUEST_BODY_BYTES} bytes of body`);
      }
      last = await askHttp(run, host, { ...request, body: bytes });
      return JSON.stringify({ status: last.status, headers: last.headers });
    },
    httpBody: () => last?.body,
  };
}

function storageFunctions(run: HostRun, host: PluginHost): HostFunctions {
  const ask = (request: StorageRequest) => askStorage(run, host, request);
  return {
    storageGet: (key) => ask({ kind: 'get', key: bytesOf(key) }),
    storageSet: (key, value) => ask({ kind: 'set', key: bytesOf(key), value: bytesOf(value) }),
    storageAdd: (key, value) => ask({ kind: 'add', key: bytesOf(key), value: bytesOf(value) }),
    storageDelete: (key) => ask({ kind: 'delete', key: bytesOf(key) }),
    storageList: (prefix, after, limit) =>
      ask({
        kind: 'list',
        prefix: bytesOf(prefix),
        after: bytesOf(after),
        limit: Number(textOf(limit)),
      }),
  };
}

async function askStorage(
  { guest, log: runLog }: HostRun,
  host: PluginHost,
  request: StorageRequest,
): Promise<GuestValue> {
  const problem = findRequestProblem(request);
  if (problem !== undefined) throw new GuestMistake(`Cannot use storage: ${problem}`);
  if ('value' in request) guest.charge(request.value.length >>> 3);
  const reply = await guest.wait(host.storage(request));
  if (reply.kind !== 'ended') return readReply(reply);
  if (reply.reason === 'host_denied') runLog.write('error', `storage ${request.kind} was refused`);
  throw new GuestStop(reply.reason);
}

function readReply(reply: Exclude<StorageReply, { readonly kind: 'ended' }>): GuestValue {
  switch (reply.kind) {
    case 'value':
      return reply.value;
    case 'entries':
      return toFrames(reply.entries);
    case 'done':
      return undefined;
    case 'refused':
      if (reply.reason === 'key_exists') return 'exists';
      throw new GuestMistake(`Cannot use storage: ${reply.reason}`);
  }
}

function textOf(value: GuestValue): string {
  return typeof value === 'string' ? value : '';
}

function bytesOf(value: GuestValue): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array();
}
