/**
 * WASI preview 1 without the world: no files, no sockets, no arguments, no environment.
 *
 * Language runtimes ask for these functions whether they use them or not, so all of them answer.
 * Standard output and error are swallowed; standard input is at its end. Clock and chance are
 * real only if granted; otherwise they are the same in every run.
 *
 * @module
 */

import type { WasmLimits } from '../../../core/manifest/wasm-limits.ts';
import { createDeterministicRandom } from './deterministic-random.ts';
import { type Guest, HOST_CALL_FUEL } from './guest.ts';
import { GuestStop } from './guest-stop.ts';

export const WASI_MODULE = 'wasi_snapshot_preview1';

/** `errno` of WASI preview 1. */
const ERRNO = {
  success: 0,
  badf: 8,
  inval: 28,
  spipe: 70,
  notcapable: 76,
} as const;

/** What `proc_raise` ends with, as a shell would show an abort. */
const ABORT_STATUS = 134;

/** The instant at which a plugin without a clock always is: 2001-09-09T01:46:40Z, in ns. */
const FROZEN_NS = 1_000_000_000_000_000_000n;

const NS_PER_MS = 1_000_000n;

/** Most that `crypto.getRandomValues` fills at once, in bytes. */
const MAX_RANDOM_BYTES = 65_536;

/** Most buffers in one `fd_write`. */
const MAX_VECTORS = 1_024;

const CHARACTER_DEVICE = 2;
const LAST_STANDARD_STREAM = 2;

/** Everything in preview 1 that would reach the world. */
const REFUSED = [
  ...['fd_advise', 'fd_allocate', 'fd_datasync', 'fd_sync', 'fd_fdstat_set_rights'],
  ...['fd_filestat_set_size', 'fd_filestat_set_times', 'fd_pread', 'fd_pwrite', 'fd_readdir'],
  ...['fd_renumber', 'path_create_directory', 'path_filestat_get', 'path_filestat_set_times'],
  ...['path_link', 'path_open', 'path_readlink', 'path_remove_directory', 'path_rename'],
  ...['path_symlink', 'path_unlink_file', 'poll_oneoff'],
  ...['sock_accept', 'sock_recv', 'sock_send', 'sock_shutdown'],
] as const;

type HostFunction = (...args: never[]) => number;

export function wasiImports(guest: Guest, limits: WasmLimits): WebAssembly.ModuleImports {
  const functions: Record<string, HostFunction> = {
    ...streamFunctions(guest),
    ...ambientFunctions(guest, limits),
    ...emptyProcess(guest),
  };
  for (const name of REFUSED) functions[name] = () => ERRNO.notcapable;
  return charged(guest, functions);
}

/** Every call costs fuel before it does anything. */
function charged(guest: Guest, functions: Record<string, HostFunction>): WebAssembly.ModuleImports {
  const imports: WebAssembly.ModuleImports = {};
  for (const [name, run] of Object.entries(functions)) {
    imports[name] = (...args: never[]) => {
      guest.charge(HOST_CALL_FUEL);
      return run(...args);
    };
  }
  return imports;
}

function streamFunctions(guest: Guest): Record<string, HostFunction> {
  const unseekable = (stream: number) => (isStandardStream(stream) ? ERRNO.spipe : ERRNO.badf);
  return {
    fd_write: (stream: number, vectors: number, count: number, written: number) =>
      isOutput(stream) ? swallow(guest, { vectors, count: count >>> 0, written }) : ERRNO.badf,
    fd_read: (stream: number, _vectors: number, _count: number, read: number) => {
      if (stream !== 0) return ERRNO.badf;
      guest.view(read, 4).setUint32(0, 0, true);
      return ERRNO.success;
    },
    fd_fdstat_get: (stream: number, status: number) => {
      if (!isStandardStream(stream)) return ERRNO.badf;
      guest.bytes(status, 24).fill(0);
      guest.view(status, 24).setUint8(0, CHARACTER_DEVICE);
      return ERRNO.success;
    },
    fd_filestat_get: (stream: number, status: number) => {
      if (!isStandardStream(stream)) return ERRNO.badf;
      guest.bytes(status, 64).fill(0);
      guest.view(status, 64).setUint8(16, CHARACTER_DEVICE);
      return ERRNO.success;
    },
    fd_close: (stream: number) => (isStandardStream(stream) ? ERRNO.success : ERRNO.badf),
    fd_fdstat_set_flags: () => ERRNO.success,
    fd_seek: unseekable,
    fd_tell: unseekable,
    fd_prestat_get: () => ERRNO.badf,
    fd_prestat_dir_name: () => ERRNO.badf,
  };
}

/** Claims to have written everything. */
function swallow(
  guest: Guest,
  { vectors, count, written }: { vectors: number; count: number; written: number },
): number {
  if (count > MAX_VECTORS) return ERRNO.inval;
  guest.charge(count * 10);
  const view = guest.view(vectors, count * 8);
  let total = 0;
  for (let index = 0; index < count; index++) total += view.getUint32(index * 8 + 4, true);
  guest.view(written, 4).setUint32(0, total, true);
  return ERRNO.success;
}

function ambientFunctions(guest: Guest, limits: WasmLimits): Record<string, HostFunction> {
  const fill = limits.randomness
    ? (bytes: Uint8Array) => crypto.getRandomValues(bytes)
    : createDeterministicRandom();
  const now = () => (limits.clock ? BigInt(Date.now()) * NS_PER_MS : FROZEN_NS);
  return {
    clock_res_get: (_clock: number, resolution: number) => {
      guest.view(resolution, 8).setBigUint64(0, NS_PER_MS, true);
      return ERRNO.success;
    },
    clock_time_get: (_clock: number, _precision: bigint, time: number) => {
      guest.view(time, 8).setBigUint64(0, now(), true);
      return ERRNO.success;
    },
    random_get: (pointer: number, length: number) => {
      if (length >>> 0 > MAX_RANDOM_BYTES) return ERRNO.inval;
      guest.charge((length >>> 0) * 8);
      fill(guest.bytes(pointer, length));
      return ERRNO.success;
    },
  };
}

function emptyProcess(guest: Guest): Record<string, HostFunction> {
  const none = (count: number, size: number) => {
    guest.view(count, 4).setUint32(0, 0, true);
    guest.view(size, 4).setUint32(0, 0, true);
    return ERRNO.success;
  };
  const exit = (status: number): never => {
    throw new GuestStop(status === 0 ? 'ok' : 'exit');
  };
  return {
    args_sizes_get: none,
    environ_sizes_get: none,
    args_get: () => ERRNO.success,
    environ_get: () => ERRNO.success,
    sched_yield: () => ERRNO.success,
    proc_exit: exit,
    proc_raise: () => exit(ABORT_STATUS),
  };
}

function isStandardStream(stream: number): boolean {
  return stream >= 0 && stream <= LAST_STANDARD_STREAM;
}

function isOutput(stream: number): boolean {
  return stream === 1 || stream === 2;
}
