/**
 * Runs one job in a fresh instance of a hardened module, and says how it ended.
 *
 * The same code runs in a plugin's own isolate and, for bundled plugins on deployments without a
 * Worker loader, in the gateway's. Nothing here throws because of what a plugin does.
 *
 * @module
 */

import { START_EXPORT } from '../../../wasm-hardening/reserved-exports.ts';
import {
  ASSEMBLYSCRIPT_MODULE,
  assemblyScriptImports,
  EXTISM_MODULE,
  extismImports,
} from './extism-host.ts';
import { Guest, type Kernel } from './guest.ts';
import { GuestStop } from './guest-stop.ts';
import type { PluginFailure, PluginHost, PluginJob, PluginReport } from './plugin-protocol.ts';
import { WASI_MODULE, wasiImports } from './wasi-host.ts';

/** A hardened module, ready to be instantiated. */
export interface PluginCode {
  readonly plugin: WebAssembly.Module;
  readonly kernel: WebAssembly.Module;
  /** Whether the plugin can wait for its host, and so needs one. */
  readonly suspends: boolean;
  readonly usesWasi: boolean;
}

type End = PluginReport['end'];

const HTTP_FUNCTIONS = new Set(['http_request', 'http_status_code', 'http_headers']);

export function readPluginCode(plugin: WebAssembly.Module, kernel: WebAssembly.Module): PluginCode {
  const imports = WebAssembly.Module.imports(plugin);
  return {
    plugin,
    kernel,
    suspends: imports.some(({ name }) => HTTP_FUNCTIONS.has(name)),
    usesWasi: imports.some(({ module }) => module === WASI_MODULE),
  };
}

/** `host` must be there for code that suspends, and is not used by other code. */
export async function callPlugin(
  code: PluginCode,
  job: PluginJob,
  host: PluginHost | undefined,
): Promise<PluginReport> {
  const kernel = new WebAssembly.Instance(code.kernel).exports as unknown as Kernel;
  const guest = new Guest(kernel, job.limits.fuel);
  let end: End;
  try {
    giveInput(guest, job.input);
    const exports = guest.attach(instantiate(code, { guest, job, host }));
    initialise(exports);
    end = readEnd(guest, await enter(exports[job.entry], code.suspends), job);
  } catch (thrown) {
    end = classify(thrown, guest, job);
  }
  return seal(end, guest);
}

function giveInput(guest: Guest, input: string): void {
  const bytes = new TextEncoder().encode(input);
  guest.kernel.input_set(guest.writeBlock(bytes), BigInt(bytes.length));
}

function instantiate(
  code: PluginCode,
  run: { guest: Guest; job: PluginJob; host: PluginHost | undefined },
): WebAssembly.Instance {
  const imports: WebAssembly.Imports = {
    [EXTISM_MODULE]: extismImports(run.guest, code.suspends ? run.host : undefined),
    [ASSEMBLYSCRIPT_MODULE]: assemblyScriptImports(),
  };
  if (code.usesWasi) imports[WASI_MODULE] = wasiImports(run.guest, run.job.limits);
  return new WebAssembly.Instance(code.plugin, imports);
}

/** Start function, then what WASI reactors and Haskell's runtime need before the first call. */
function initialise(exports: WebAssembly.Exports): void {
  callIfPresent(exports[START_EXPORT]);
  callIfPresent(exports._initialize);
  callIfPresent(exports.hs_init, 0, 0);
}

function callIfPresent(exported: WebAssembly.ExportValue | undefined, ...args: number[]): void {
  if (typeof exported === 'function') exported(...args);
}

/** Suspension costs a stack of its own, so only plugins that need one get it. */
function enter(entry: WebAssembly.ExportValue | undefined, suspends: boolean): unknown {
  if (typeof entry !== 'function') throw new GuestStop('plugin_error');
  return suspends ? WebAssembly.promising(entry as () => unknown)() : entry();
}

/** Reading of a run that came back by itself: the entry returns 0, or nothing, when all is well. */
function readEnd(guest: Guest, returned: unknown, job: PluginJob): End {
  if (returned !== undefined && returned !== 0) return 'plugin_error';
  if (guest.kernel.error_get() !== 0n) return 'plugin_error';
  if (guest.memoryPages > job.limits.memoryPages) return 'memory';
  return guest.outputLength > job.limits.maxOutputBytes ? 'output_too_large' : 'ok';
}

function classify(thrown: unknown, guest: Guest, job: PluginJob): End {
  if (guest.ranDry) return 'fuel';
  if (thrown instanceof GuestStop) return thrown.end === 'ok' ? readEnd(guest, 0, job) : thrown.end;
  if (thrown instanceof RangeError) {
    return thrown.message.includes('call stack') ? 'stack' : 'memory';
  }
  if (thrown instanceof WebAssembly.RuntimeError) return guest.isMemoryFull() ? 'memory' : 'trap';
  return 'trap';
}

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function seal(end: End, guest: Guest): PluginReport {
  const cost = {
    fuel: guest.fuelUsed,
    memoryPages: guest.memoryPages,
    suspendedMs: guest.suspendedMs,
  };
  if (end !== 'ok') return { end, output: '', ...cost };
  const output = decode(guest);
  return output === undefined
    ? { end: 'plugin_error' satisfies PluginFailure, output: '', ...cost }
    : { end, output, ...cost };
}

/** Output is text, so bytes that are no UTF-8 are a mistake of the plugin. */
function decode(guest: Guest): string | undefined {
  try {
    return DECODER.decode(guest.readOutput());
  } catch {
    return undefined;
  }
}
