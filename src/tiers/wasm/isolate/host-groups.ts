/**
 * The host functions by groups: where modules import them from, and which of them wait.
 *
 * A new group is a new line in the table. What modules may import at all is listed once more in
 * `wasm-hardening/host-functions.ts`, against which every upload is reviewed.
 *
 * @module
 */

import { ASSEMBLYSCRIPT_MODULE, assemblyScriptFunctions } from './assemblyscript-host.ts';
import { EXTISM_MODULE, extismFunctions } from './extism-host.ts';
import { httpFunctions, isHttpFunction } from './guest-http.ts';
import { isStorageFunction, storageFunctions, USER_MODULE } from './guest-storage.ts';
import type { HostRun } from './host-run.ts';
import { WASI_MODULE, wasiFunctions } from './wasi-host.ts';

export interface HostGroup {
  /** Several groups may be of the same module. */
  readonly module: string;
  /** Whether a function of this name needs the lane: the plugin's Wasm stack sleeps meanwhile. */
  readonly waits?: (name: string) => boolean;
  readonly functions: (run: HostRun) => WebAssembly.ModuleImports;
}

const GROUPS: readonly HostGroup[] = [
  { module: EXTISM_MODULE, functions: extismFunctions },
  {
    module: EXTISM_MODULE,
    waits: isHttpFunction,
    functions: (run) => (run.host === undefined ? {} : httpFunctions(run, run.host)),
  },
  {
    module: USER_MODULE,
    waits: isStorageFunction,
    functions: (run) => (run.host === undefined ? {} : storageFunctions(run.guest, run.host)),
  },
  { module: WASI_MODULE, functions: wasiFunctions },
  { module: ASSEMBLYSCRIPT_MODULE, functions: assemblyScriptFunctions },
];

type Import = Pick<WebAssembly.ModuleImportDescriptor, 'module' | 'name'>;

/** The groups that a module imports something of. */
export function groupsOf(imports: readonly Import[]): readonly HostGroup[] {
  return GROUPS.filter((group) =>
    imports.some(({ module, name }) => module === group.module && (group.waits?.(name) ?? true)),
  );
}

export function provide(groups: readonly HostGroup[], run: HostRun): WebAssembly.Imports {
  const imports: WebAssembly.Imports = {};
  for (const { module, functions } of groups) {
    imports[module] = { ...imports[module], ...functions(run) };
  }
  return imports;
}
