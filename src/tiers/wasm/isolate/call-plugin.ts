/**
 * Runs one job in a fresh instance of a hardened module, and says how it ended.
 *
 * The same code runs in a plugin's own isolate and, for bundled plugins on deployments without a
 * Worker loader, in the gateway's. Nothing here throws because of what a plugin does.
 *
 * @module
 */

import { abiOf, type WasmAbi } from '../../../core/manifest/wasm-abi.ts';
import { stepsOf } from './enter-plugin.ts';
import { Guest, type Kernel } from './guest.ts';
import { GuestStop } from './guest-stop.ts';
import { groupsOf, type HostGroup, provide } from './host-groups.ts';
import type { HostRun } from './host-run.ts';
import type { PluginHost, PluginJob, RunEnding } from './plugin-protocol.ts';
import { readEnding } from './read-ending.ts';
import { RunLog } from './run-log.ts';
import { StandardStreams } from './standard-streams.ts';

/** What a plugin is, ready to be called: a hardened module, or a script in an engine. */
export interface PluginCode {
  readonly kernel: WebAssembly.Module;
  readonly abi: WasmAbi;
  /** Whether the plugin can wait for its host, and so needs one. */
  readonly suspends: boolean;
  /** What runs it, where it is no module itself. */
  readonly engine?: string;
  /** Runs the entry of the job in an instance of its own, and answers what it returns. */
  readonly execute: (run: HostRun, input: Uint8Array) => Promise<unknown>;
}

type Entry = () => unknown;

interface ModuleCode extends Pick<PluginCode, 'abi' | 'suspends'> {
  readonly plugin: WebAssembly.Module;
  readonly groups: readonly HostGroup[];
}

export function readPluginCode(plugin: WebAssembly.Module, kernel: WebAssembly.Module): PluginCode {
  const imports = WebAssembly.Module.imports(plugin);
  const groups = groupsOf(imports);
  const suspends = groups.some(({ waits }) => waits !== undefined);
  const code = { plugin, abi: abiOf(imports) ?? 'extism-1', groups, suspends };
  return {
    ...{ kernel, suspends, abi: code.abi },
    execute: (run, input) => executeModule(code, run, input),
  };
}

/** `host` must be there for code that suspends, and is not used by other code. */
export async function callPlugin(
  code: PluginCode,
  job: PluginJob,
  host: PluginHost | undefined,
): Promise<RunEnding> {
  const input = new TextEncoder().encode(job.input);
  const run = createRun(code, { job, host, input });
  let thrown: unknown;
  let returned: unknown;
  try {
    returned = await code.execute(run, input);
  } catch (error) {
    thrown = error ?? new GuestStop('trap');
  }
  run.streams.end();
  const { guest, log, streams } = run;
  const logged = log.read();
  return {
    ...readEnding(guest, { thrown, returned }, job.limits.maxOutputBytes),
    ...(code.abi === 'wasi-1' && { output: streams.answer }),
    ...(code.engine !== undefined && { engine: code.engine }),
    ...(logged && { logged }),
  };
}

interface Task {
  readonly job: PluginJob;
  readonly host: PluginHost | undefined;
  readonly input: Uint8Array;
}

function createRun(code: PluginCode, { job, host, input }: Task): HostRun {
  const kernel = new WebAssembly.Instance(code.kernel).exports as unknown as Kernel;
  const guest = new Guest(kernel, job.limits.fuel);
  const log = new RunLog();
  const streams = new StandardStreams(input, log, {
    use: code.abi === 'wasi-1' ? 'answer' : 'log',
    maxBytes: job.limits.maxOutputBytes,
  });
  return { guest, job, host: code.suspends ? host : undefined, log, streams };
}

async function executeModule(code: ModuleCode, run: HostRun, input: Uint8Array): Promise<unknown> {
  const { guest } = run;
  if (code.abi === 'extism-1') {
    guest.kernel.input_set(guest.writeBlock(input), BigInt(input.length));
  }
  const exports = guest.attach(new WebAssembly.Instance(code.plugin, provide(code.groups, run)));
  let returned: unknown;
  for (const [exported, ...args] of stepsOf(exports, run.job.entry)) {
    if (typeof exported !== 'function') returned = undefined;
    // Suspension costs a stack of its own, so only plugins that may need one get it.
    else if (code.suspends) returned = await WebAssembly.promising(exported as Entry)(...args);
    else returned = exported(...args);
  }
  return returned;
}
