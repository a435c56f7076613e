/**
 * Runs one job in a fresh instance of a hardened module, and says how it ended.
 *
 * The same code runs in a plugin's own isolate and, for bundled plugins on deployments without a
 * Worker loader, in the gateway's. Nothing here throws because of what a plugin does.
 *
 * @module
 */

import { abiOf, type WasmAbi } from '../../../core/manifest/wasm-abi.ts';
import { START_EXPORT } from '../../../wasm-hardening/reserved-exports.ts';
import { readText } from './extism-host.ts';
import { Guest, type Kernel } from './guest.ts';
import { GuestStop } from './guest-stop.ts';
import { groupsOf, type HostGroup, provide } from './host-groups.ts';
import type { HostRun } from './host-run.ts';
import type { PluginHost, PluginJob, PluginReport } from './plugin-protocol.ts';
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

interface ModuleCode extends Pick<PluginCode, 'abi' | 'suspends'> {
  readonly plugin: WebAssembly.Module;
  readonly groups: readonly HostGroup[];
}

type End = PluginReport['end'];

/** The entry of a WASI command, which initialises itself. */
const COMMAND_ENTRY = '_start';

/** Export by which a plugin may say, before it serves, that it cannot: answers 0 if all is well. */
const SELF_TEST = 'sallyport_self_test';

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
): Promise<PluginReport> {
  const input = new TextEncoder().encode(job.input);
  const run = createRun(code, { job, host, input });
  let thrown: unknown;
  let returned: unknown;
  try {
    returned = await code.execute(run, input);
  } catch (error) {
    thrown = error ?? new GuestStop('trap');
  }
  return seal(code, run, { thrown, returned });
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
  if (code.abi === 'extism-1') run.guest.giveInput(input);
  const exports = run.guest.attach(
    new WebAssembly.Instance(code.plugin, provide(code.groups, run)),
  );
  const enter = code.suspends ? enterSuspending : enterPlainly;
  const { entry } = run.job;
  if (entry !== COMMAND_ENTRY) await initialise(exports, enter);
  else await enter(exports[START_EXPORT]);
  return enter(entry === undefined ? exports[SELF_TEST] : needFunction(exports[entry]));
}

type Enter = (exported: WebAssembly.ExportValue | undefined, ...args: number[]) => unknown;

/** What is no function is passed over. */
const enterPlainly: Enter = (exported, ...args) =>
  typeof exported === 'function' ? exported(...args) : undefined;

/** Suspension costs a stack of its own, so only plugins that may need one get it. */
const enterSuspending: Enter = (exported, ...args) =>
  typeof exported === 'function'
    ? WebAssembly.promising(exported as () => unknown)(...args)
    : undefined;

/** Start function, then what WASI reactors and Haskell's runtime need before the first call. */
async function initialise(exports: WebAssembly.Exports, enter: Enter): Promise<void> {
  await enter(exports[START_EXPORT]);
  await enter(exports._initialize ?? exports.__wasm_call_ctors);
  await enter(exports.hs_init, 0, 0);
}

function needFunction(entry: WebAssembly.ExportValue | undefined): WebAssembly.ExportValue {
  if (typeof entry !== 'function') throw new GuestStop('plugin_error');
  return entry;
}

interface Ending {
  /** What the run threw, if it did. */
  readonly thrown: unknown;
  /** What its entry returned, if it came back by itself. */
  readonly returned: unknown;
}

function seal(code: PluginCode, run: HostRun, ending: Ending): PluginReport {
  const { guest, log } = run;
  const cost = {
    fuel: guest.fuelUsed,
    memoryPages: guest.memoryPages,
    suspendedMs: guest.suspendedMs,
  };
  const ranDry = guest.ranDry;
  guest.openForReading();
  const answer = code.abi === 'wasi-1' ? run.streams.answer : guest.readOutput();
  const error = guest.kernel.error_get();
  run.streams.end();
  // What a plugin says went wrong is for its author.
  if (error !== 0n) log.write('error', readText(guest, error));
  let end = ranDry ? 'fuel' : judge(run, ending, { hasError: error !== 0n, answer });
  const output = end === 'ok' ? decode(withoutEnd(answer)) : '';
  if (output === undefined) {
    end = 'plugin_error';
    log.write('error', 'What the plugin answers must be UTF-8');
  }
  const logged = log.read();
  const engine = code.engine === undefined ? {} : { engine: code.engine };
  return { end, output: output ?? '', ...cost, ...engine, ...(logged && { logged }) };
}

interface Left {
  /** Whether the plugin has set an error. */
  readonly hasError: boolean;
  readonly answer: Uint8Array;
}

function judge(run: HostRun, { thrown, returned }: Ending, left: Left): End {
  const isOver = thrown !== undefined && !(thrown instanceof GuestStop && thrown.end === 'ok');
  return isOver ? classify(run, thrown) : judgeReturn(run, returned, left);
}

/** Of a run that came back by itself: the entry returns 0, or nothing, when all is well. */
function judgeReturn({ guest, job, log }: HostRun, returned: unknown, left: Left): End {
  if (returned !== undefined && returned !== 0) {
    if (!left.hasError) log.write('error', `The entry must return 0, and returned ${returned}`);
    return 'plugin_error';
  }
  if (left.hasError) return 'plugin_error';
  if (guest.memoryPages > job.limits.memoryPages) return 'memory';
  return left.answer.length > job.limits.maxOutputBytes ? 'output_too_large' : 'ok';
}

/** Runtimes that get no memory trap, throw or exit by their own means. */
function classify({ guest, log }: HostRun, thrown: unknown): End {
  if (thrown instanceof GuestStop) {
    const mayBeMemory = thrown.end === 'trap' || thrown.end === 'exit';
    return mayBeMemory && guest.wantsMemory ? 'memory' : thrown.end;
  }
  if (thrown instanceof RangeError) {
    return thrown.message.includes('call stack') ? 'stack' : 'memory';
  }
  if (guest.wantsMemory) return 'memory';
  if (thrown instanceof WebAssembly.RuntimeError) log.write('error', `trap: ${thrown.message}`);
  return 'trap';
}

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Zeros at the end are how C ends a text, and no part of it. */
function withoutEnd(answer: Uint8Array): Uint8Array {
  let length = answer.length;
  while (length > 0 && answer[length - 1] === 0) length -= 1;
  return answer.subarray(0, length);
}

/** Output is text, so bytes that are no UTF-8 are a mistake of the plugin. */
function decode(answer: Uint8Array): string | undefined {
  try {
    return DECODER.decode(answer);
  } catch {
    return undefined;
  }
}
