/**
 * The process of WASI preview 1: its arguments name plugin and tool, its environment is empty, and
 * its exit status is how the run ends.
 *
 * @module
 */

import { GuestStop } from './guest-stop.ts';
import type { HostRun } from './host-run.ts';
import { ERRNO, type WasiFunction, writeU32 } from './wasi-memory.ts';

/** What `proc_raise` ends with, as a shell would show an abort. */
const ABORT_STATUS = 134;

export function processFunctions({ guest, job, log }: HostRun): Record<string, WasiFunction> {
  // When they are asked for: the first encoder of an isolate takes it a while to make.
  const args = () => [job.plugin, job.tool].map((text) => new TextEncoder().encode(`${text}\0`));
  const exit = (status: number): never => {
    if (status === 0) throw new GuestStop('ok');
    log.write('error', `exit status ${status}`);
    throw new GuestStop('exit');
  };
  return {
    args_sizes_get: (count: number, bytes: number) => {
      const all = args();
      writeU32(guest, count, all.length);
      writeU32(
        guest,
        bytes,
        all.reduce((sum, arg) => sum + arg.length, 0),
      );
      return ERRNO.success;
    },
    args_get: (pointers: number, buffer: number) => {
      let at = buffer >>> 0;
      for (const [index, arg] of args().entries()) {
        writeU32(guest, pointers + index * 4, at);
        guest.bytes(at, arg.length).set(arg);
        at += arg.length;
      }
      return ERRNO.success;
    },
    environ_sizes_get: (count: number, bytes: number) => {
      writeU32(guest, count, 0);
      writeU32(guest, bytes, 0);
      return ERRNO.success;
    },
    environ_get: () => ERRNO.success,
    proc_exit: exit,
    proc_raise: () => exit(ABORT_STATUS),
  };
}
