/**
 * Runs one job of a plugin that needs no more than the host functions of `plain-functions.ts`, with as
 * little code as that takes: an isolate reads and compiles its code before the first call, and that
 * is most of what a first call costs.
 *
 * What comes of a job is the same as with `call-plugin.ts`: tests run it both ways.
 *
 * @module
 */

import { stepsOf } from './enter-plugin.ts';
import { Guest, type Kernel } from './guest.ts';
import { GuestStop } from './guest-stop.ts';
import type { PlainRun } from './host-run.ts';
import type { PlainJob, RunEnding } from './plugin-protocol.ts';
import { readEnding } from './read-ending.ts';
import { RunLog } from './run-log.ts';

export interface PlainCode {
  readonly plugin: WebAssembly.Module;
  readonly kernel: WebAssembly.Module;
  readonly functions: (run: PlainRun) => WebAssembly.Imports;
}

export function callPlain({ plugin, kernel, functions }: PlainCode, job: PlainJob): RunEnding {
  const exports = new WebAssembly.Instance(kernel).exports as unknown as Kernel;
  const guest = new Guest(exports, job.fuel);
  let log: RunLog | undefined;
  const run: PlainRun = {
    guest,
    job,
    get log() {
      log ??= new RunLog();
      return log;
    },
  };
  let thrown: unknown;
  let returned: unknown;
  try {
    exports.input_set(guest.writeBlock(job.input), BigInt(job.input.length));
    const entered = guest.attach(new WebAssembly.Instance(plugin, functions(run)));
    for (const [exported, ...args] of stepsOf(entered, job.entry)) {
      returned = typeof exported === 'function' ? exported(...args) : undefined;
    }
  } catch (error) {
    thrown = error ?? new GuestStop('trap');
  }
  const ending = readEnding(guest, { thrown, returned }, job.maxOutputBytes);
  const logged = log?.read();
  return logged === undefined ? ending : { ...ending, logged };
}
