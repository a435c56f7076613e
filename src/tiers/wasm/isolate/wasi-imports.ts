/**
 * Functions of WASI preview 1 as a module imports them: each call costs fuel.
 *
 * @module
 */

import { HOST_CALL_FUEL } from './guest.ts';
import type { HostRun } from './host-run.ts';
import type { WasiFunction } from './wasi-memory.ts';

export function toImports(
  { guest }: HostRun,
  functions: Readonly<Record<string, WasiFunction>>,
): WebAssembly.ModuleImports {
  const imports: WebAssembly.ModuleImports = {};
  for (const [name, answer] of Object.entries(functions)) {
    imports[name] = (...args: never[]) => {
      guest.charge(HOST_CALL_FUEL);
      return answer(...args);
    };
  }
  return imports;
}
