/**
 * The whole isolate of a plugin that asks its host for nothing but memory, as most do, with as little
 * code as that takes: an isolate reads and compiles all of its code before its first call, so each
 * KiB takes it about a fiftieth longer to begin, and each module as much.
 *
 * What comes of a job is the same as with `call-plugin.ts`: tests run it both ways.
 *
 * @module
 */

import { abort } from './assemblyscript-host.ts';
import { enterAll, giveInput, stepsInto } from './enter-plugin.ts';
import { memoryFunctions } from './extism-memory.ts';
import type { GuestState } from './guest.ts';
import { GuestStop } from './guest-stop.ts';
import { startKernel } from './kernel.ts';
import kernelModule from './kernel.wasm';
import pluginModule from './plugin.wasm';
import { createIsolate } from './plugin-isolate.ts';
import type { IsolateJob, RunEnding } from './plugin-protocol.ts';
import { readEnding } from './read-ending.ts';
import type { LoggedLines } from './run-log.ts';

export default createIsolate(run);

function run(job: IsolateJob): RunEnding {
  const { fuel, maxOutputBytes } = job.limits;
  const kernel = startKernel(kernelModule, fuel);
  const state: GuestState = { kernel, fuelLimit: fuel, suspendedMs: 0, plugin: {} };
  let logged: LoggedLines | undefined;
  // The one line that there can be: it ends the run.
  const write = (level: 'error', text: string) => {
    logged = { lines: [{ level, text: text.toWellFormed() }], dropped: 0 };
  };
  const imports = {
    'extism:host/env': memoryFunctions({ guest: state }),
    env: { abort: abort.bind(undefined, { guest: state, log: { write } }) },
  };
  let thrown: unknown;
  let returned: unknown;
  try {
    giveInput(state, job);
    returned = enterAll(stepsInto(state, new WebAssembly.Instance(pluginModule, imports), job));
  } catch (error) {
    thrown = error ?? new GuestStop('trap');
  }
  const ending = readEnding(state, { thrown, returned }, maxOutputBytes);
  return logged === undefined ? ending : { ...ending, logged };
}
