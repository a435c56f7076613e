/**
 * The memory functions of the Extism 1.x ABI: they go straight to the plugin's kernel, Wasm to Wasm.
 *
 * @module
 */

import type { GuestState } from './guest.ts';

/** Those that a plugin may call; the kernel has others, for its host. */
const MEMORY_FUNCTIONS = [
  ...['alloc', 'free', 'length', 'length_unsafe', 'load_u8', 'load_u64', 'store_u8', 'store_u64'],
  ...['input_offset', 'input_length', 'input_load_u8', 'input_load_u64'],
  ...['output_set', 'error_set', 'error_get'],
] as const;

export function memoryFunctions({
  guest,
}: {
  readonly guest: GuestState;
}): WebAssembly.ModuleImports {
  const kernel = guest.kernel as unknown as WebAssembly.ModuleImports;
  const imports: WebAssembly.ModuleImports = {};
  for (const name of MEMORY_FUNCTIONS) imports[name] = kernel[name] as WebAssembly.ImportValue;
  return imports;
}
