/**
 * The host functions of the Extism 1.x ABI, but for those of the network (`guest-http.ts`).
 *
 * Memory functions go straight to the plugin's kernel, Wasm to Wasm. Handles of names and values
 * stay the plugin's, who may use them again; only the text of a log line is given back here.
 *
 * @module
 */

import { type Guest, HOST_CALL_FUEL } from './guest.ts';
import type { HostRun } from './host-run.ts';
import { LOG_LEVELS, type LogLevel, MAX_LOG_CHARS } from './run-log.ts';
import { RunVariables } from './run-variables.ts';

export const EXTISM_MODULE = 'extism:host/env';

const KERNEL_FUNCTIONS = [
  ...['alloc', 'free', 'length', 'length_unsafe', 'load_u8', 'load_u64', 'store_u8', 'store_u64'],
  ...['input_offset', 'input_length', 'input_load_u8', 'input_load_u64'],
  ...['output_set', 'error_set', 'error_get'],
] as const;

/** The quietest level that is kept; what `get_log_level` answers is its place in the order. */
const KEPT_FROM = LOG_LEVELS.indexOf('info');

/** One byte more than a log of the widest characters could hold. */
const MAX_TEXT_BYTES = 3 * MAX_LOG_CHARS + 1;

/** Longest name of a variable or setting, in bytes; what is longer is cut. */
const MAX_NAME_BYTES = 1_024;

export function extismFunctions(run: HostRun): WebAssembly.ModuleImports {
  const kernel = run.guest.kernel as unknown as WebAssembly.ModuleImports;
  const imports: WebAssembly.ModuleImports = {
    ...logFunctions(run),
    ...variableFunctions(run),
    config_get: (name: bigint) => getSetting(run, name),
  };
  for (const name of KERNEL_FUNCTIONS) imports[name] = kernel[name] as WebAssembly.ImportValue;
  return imports;
}

function logFunctions(run: HostRun): WebAssembly.ModuleImports {
  const imports: WebAssembly.ModuleImports = { get_log_level: () => KEPT_FROM };
  for (const [place, level] of LOG_LEVELS.entries()) {
    imports[`log_${level}`] = (text: bigint) => {
      run.guest.charge(HOST_CALL_FUEL);
      if (place >= KEPT_FROM) logBlock(run, level, text);
      run.guest.kernel.free(text);
    };
  }
  return imports;
}

function logBlock({ guest, log }: HostRun, level: LogLevel, handle: bigint): void {
  if (log.isFull) {
    log.drop();
    return;
  }
  const text = readText(guest, handle);
  guest.charge(text.length >>> 3);
  log.write(level, text);
}

/** As much of a block's text as any log could hold. */
export function readText(guest: Guest, handle: bigint): string {
  return new TextDecoder().decode(guest.readBlock(handle).subarray(0, MAX_TEXT_BYTES));
}

function getSetting({ guest, job }: HostRun, name: bigint): bigint {
  guest.charge(HOST_CALL_FUEL);
  const key = readName(guest.readBlock(name));
  const { config } = job;
  if (config === undefined || !Object.hasOwn(config, key)) return 0n;
  const value = new TextEncoder().encode(config[key]);
  guest.charge(value.length >>> 3);
  return guest.writeBlock(value);
}

function variableFunctions({ guest }: HostRun): WebAssembly.ModuleImports {
  const variables = new RunVariables();
  const nameOf = (handle: bigint) => readName(guest.readBlock(handle));
  return {
    var_get: (name: bigint) => {
      guest.charge(HOST_CALL_FUEL);
      const value = variables.get(nameOf(name)) ?? new Uint8Array(0);
      guest.charge(value.length >>> 3);
      return guest.writeBlock(value);
    },
    var_set: (name: bigint, value: bigint) => {
      guest.charge(HOST_CALL_FUEL);
      const bytes = value === 0n ? undefined : guest.readBlock(value).slice();
      guest.charge((bytes?.length ?? 0) >>> 3);
      variables.set(nameOf(name), bytes);
    },
  };
}

function readName(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(0, MAX_NAME_BYTES));
}
