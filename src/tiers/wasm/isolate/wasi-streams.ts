/**
 * The descriptor functions of WASI preview 1: three standard streams, and nothing else is open.
 *
 * @module
 */

import type { Guest } from './guest.ts';
import type { HostRun } from './host-run.ts';
import { STDERR, STDIN, STDOUT, StandardStreams } from './standard-streams.ts';
import { ERRNO, readVectors, type WasiFunction, writeU32 } from './wasi-memory.ts';

/** Makes language runtimes write out each line at its end. */
const CHARACTER_DEVICE = 2;

/** `fd_read` and `fd_write` of `rights`. */
const RIGHT_TO_READ = 1n << 1n;
const RIGHT_TO_WRITE = 1n << 6n;

const FDSTAT_BYTES = 24;
const FILESTAT_BYTES = 64;

export function streamFunctions(run: HostRun): Record<string, WasiFunction> {
  const { guest, job, abi, log } = run;
  run.streams ??= new StandardStreams(job.input, log, {
    use: abi === 'wasi-1' ? 'answer' : 'log',
    maxBytes: job.limits.maxOutputBytes,
  });
  const streaming = { guest, streams: run.streams };
  const open = new Set([STDIN, STDOUT, STDERR]);
  const onOpen = (use: (stream: number, ...rest: never[]) => number): WasiFunction =>
    ((stream: number, ...rest: never[]) =>
      open.has(stream) ? use(stream, ...rest) : ERRNO.badf) as WasiFunction;
  const answer = (errno: number) => onOpen(() => errno);
  return {
    fd_read: onOpen((stream, vectors, count, read) => {
      if (stream !== STDIN) return ERRNO.badf;
      return readInput(streaming, { pointer: vectors, count, result: read });
    }),
    fd_write: onOpen((stream, vectors, count, written) => {
      if (stream === STDIN) return ERRNO.badf;
      return writeOut(streaming, stream, { pointer: vectors, count, result: written });
    }),
    fd_close: onOpen((stream) => {
      open.delete(stream);
      return ERRNO.success;
    }),
    fd_fdstat_get: onOpen((stream, status) => describe(guest, stream, status)),
    fd_filestat_get: onOpen((_stream, status) => {
      const bytes = guest.bytes(status, FILESTAT_BYTES).fill(0);
      bytes[16] = CHARACTER_DEVICE;
      return ERRNO.success;
    }),
    fd_fdstat_set_flags: answer(ERRNO.success),
    fd_seek: answer(ERRNO.spipe),
    fd_tell: answer(ERRNO.spipe),
    fd_pread: answer(ERRNO.spipe),
    fd_pwrite: answer(ERRNO.spipe),
    fd_advise: answer(ERRNO.spipe),
    fd_readdir: answer(ERRNO.notdir),
    // No directory is there to begin with, which ends a runtime's search for them.
    fd_prestat_get: answer(ERRNO.badf),
    fd_prestat_dir_name: answer(ERRNO.badf),
    sock_accept: answer(ERRNO.notsock),
    sock_recv: answer(ERRNO.notsock),
    sock_send: answer(ERRNO.notsock),
    sock_shutdown: answer(ERRNO.notsock),
  };
}

interface Streaming {
  readonly guest: Guest;
  readonly streams: StandardStreams;
}

interface Transfer {
  readonly pointer: number;
  readonly count: number;
  /** Where the number of bytes goes. */
  readonly result: number;
}

function readInput({ guest, streams }: Streaming, { result, ...list }: Transfer): number {
  const buffers = readVectors(guest, list);
  if (buffers === undefined) return ERRNO.inval;
  let total = 0;
  for (const buffer of buffers) {
    const bytes = streams.read(buffer.length);
    guest.charge(bytes.length >>> 3);
    buffer.set(bytes);
    total += bytes.length;
  }
  writeU32(guest, result, total);
  return ERRNO.success;
}

function writeOut(
  { guest, streams }: Streaming,
  stream: number,
  { result, ...list }: Transfer,
): number {
  const buffers = readVectors(guest, list);
  if (buffers === undefined) return ERRNO.inval;
  let total = 0;
  for (const bytes of buffers) {
    guest.charge(bytes.length >>> 3);
    streams.write(stream === STDERR ? STDERR : STDOUT, bytes);
    total += bytes.length;
  }
  writeU32(guest, result, total);
  return ERRNO.success;
}

function describe(guest: Guest, stream: number, status: number): number {
  guest.bytes(status, FDSTAT_BYTES).fill(0);
  const view = guest.view(status, FDSTAT_BYTES);
  view.setUint8(0, CHARACTER_DEVICE);
  view.setBigUint64(8, stream === STDIN ? RIGHT_TO_READ : RIGHT_TO_WRITE, true);
  return ERRNO.success;
}
