/**
 * The host functions of the Extism 1.x ABI.
 *
 * Memory functions go straight to the plugin's kernel, Wasm to Wasm. Logs are swallowed: they are
 * text of a plugin, and belong on no record. There is no configuration yet, and variables live no
 * longer than the call, since every call has a fresh instance.
 *
 * @module
 */

import { type Guest, HOST_CALL_FUEL } from './guest.ts';
import { httpFunctions } from './guest-http.ts';
import { GuestStop } from './guest-stop.ts';
import type { PluginHost } from './plugin-protocol.ts';

export const EXTISM_MODULE = 'extism:host/env';

/** Where AssemblyScript looks for its one import. */
export const ASSEMBLYSCRIPT_MODULE = 'env';

const KERNEL_FUNCTIONS = [
  ...['alloc', 'free', 'length', 'length_unsafe', 'load_u8', 'load_u64', 'store_u8', 'store_u64'],
  ...['input_offset', 'input_length', 'input_load_u8', 'input_load_u64'],
  ...['output_set', 'error_set', 'error_get'],
] as const;

const LOG_FUNCTIONS = ['log_trace', 'log_debug', 'log_info', 'log_warn', 'log_error'] as const;

/** What `get_log_level` answers: nothing is logged at any level. */
const LOG_LEVEL_OFF = 5;

/** Most bytes of all variables of a call together, names included. */
const MAX_VARIABLE_BYTES = 1_048_576;

/** `host` is absent where the module imports nothing that needs one. */
export function extismImports(
  guest: Guest,
  host: PluginHost | undefined,
): WebAssembly.ModuleImports {
  const kernel = guest.kernel as unknown as WebAssembly.ModuleImports;
  const imports: WebAssembly.ModuleImports = {
    ...variableFunctions(guest),
    ...(host && httpFunctions(guest, host)),
    config_get: () => {
      guest.charge(HOST_CALL_FUEL);
      return 0n;
    },
    get_log_level: () => LOG_LEVEL_OFF,
  };
  for (const name of KERNEL_FUNCTIONS) imports[name] = kernel[name] as WebAssembly.ImportValue;
  for (const name of LOG_FUNCTIONS) imports[name] = (text: bigint) => swallowLog(guest, text);
  return imports;
}

/** `abort` is how AssemblyScript throws. */
export function assemblyScriptImports(): WebAssembly.ModuleImports {
  return {
    abort: () => {
      throw new GuestStop('trap');
    },
  };
}

/** The host owns the text of a log line, so its block is given back. */
function swallowLog(guest: Guest, text: bigint): void {
  guest.charge(HOST_CALL_FUEL);
  guest.kernel.free(text);
}

function variableFunctions(guest: Guest): WebAssembly.ModuleImports {
  const variables = new Map<string, Uint8Array>();
  let bytesHeld = 0;
  const readName = (handle: bigint) => readKey(guest.readBlock(handle));
  return {
    var_get: (name: bigint) => {
      guest.charge(HOST_CALL_FUEL);
      const value = variables.get(readName(name));
      if (value === undefined) return 0n;
      guest.charge(value.length >>> 3);
      return guest.writeBlock(value);
    },
    var_set: (name: bigint, value: bigint) => {
      guest.charge(HOST_CALL_FUEL);
      const key = readName(name);
      const held = variables.get(key);
      if (held !== undefined) bytesHeld -= held.length + key.length;
      variables.delete(key);
      if (value === 0n) return;
      const bytes = guest.readBlock(value).slice();
      guest.charge(bytes.length >>> 3);
      bytesHeld += bytes.length + key.length;
      if (bytesHeld > MAX_VARIABLE_BYTES) throw new GuestStop('memory');
      variables.set(key, bytes);
    },
  };
}

/** Bytes as text of one character each: a key needs no encoding, only to be the same again. */
function readKey(bytes: Uint8Array): string {
  let key = '';
  for (const byte of bytes.subarray(0, 1_024)) key += String.fromCharCode(byte);
  return key;
}
