/**
 * Runs one job in a fresh instance of a plugin's code, and says how it ended.
 *
 * The same code runs in a plugin's own isolate and, for bundled plugins on deployments without a
 * Worker loader, in the gateway's. Nothing here throws because of what a plugin does.
 *
 * @module
 */

import type { WasmAbi } from '../../../core/manifest/wasm-abi.ts';
import { Guest } from './guest.ts';
import { GuestStop } from './guest-stop.ts';
import type { HostRun } from './host-run.ts';
import { startKernel } from './kernel.ts';
import type { IsolateJob, RunEnding } from './plugin-protocol.ts';
import { type Return, readEnding } from './read-ending.ts';
import { RunLog } from './run-log.ts';

/** What a plugin is, ready to be called: a hardened module, or a script in an engine. */
export interface PluginCode {
  readonly kernel: WebAssembly.Module;
  readonly abi: WasmAbi;
  /** What runs it, where it is no module itself. */
  readonly engine?: string;
  /** Runs the entry of the job in an instance of its own, and answers what it returns. */
  readonly execute: (run: HostRun) => unknown;
}

/** What does not wait for its host is over at once. */
export function callPlugin(code: PluginCode, job: IsolateJob): RunEnding | Promise<RunEnding> {
  const run = createRun(code, job);
  try {
    const returned = code.execute(run);
    if (!(returned instanceof Promise)) return endRun(code, run, { thrown: undefined, returned });
    return returned.then(
      (value) => endRun(code, run, { thrown: undefined, returned: value }),
      (error) => endRun(code, run, thrownBy(error)),
    );
  } catch (error) {
    return endRun(code, run, thrownBy(error));
  }
}

function thrownBy(error: unknown): Return {
  return { thrown: error ?? new GuestStop('trap'), returned: undefined };
}

function createRun(code: PluginCode, job: IsolateJob): HostRun {
  let log: RunLog | undefined;
  return {
    guest: new Guest(startKernel(code.kernel, job.limits.fuel), job.limits.fuel),
    job,
    abi: code.abi,
    get log() {
      log ??= new RunLog();
      return log;
    },
    logged: () => log?.read(),
  };
}

function endRun({ abi, engine }: PluginCode, run: HostRun, came: Return): RunEnding {
  run.streams?.end();
  const ending = readEnding(run.guest, came, run.job.limits.maxOutputBytes);
  const logged = run.logged();
  return {
    ...ending,
    ...(abi === 'wasi-1' && { output: run.streams?.answer ?? new Uint8Array() }),
    ...(engine !== undefined && { engine }),
    ...(logged && { logged }),
  };
}
