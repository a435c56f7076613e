/**
 * The host functions by groups: where modules import them from, and which of them wait.
 *
 * A new group is a new line in the table. What modules may import at all is listed once more in
 * `wasm-hardening/host-functions.ts`, against which every upload is reviewed.
 *
 * @module
 */

import { ASSEMBLYSCRIPT_MODULE, assemblyScriptFunctions } from './assemblyscript-host.ts';
import { EXTISM_MODULE, isTextFunction, memoryFunctions, textFunctions } from './extism-host.ts';
import { httpFunctions, isHttpFunction } from './guest-http.ts';
import { isStorageFunction, storageFunctions, USER_MODULE } from './guest-storage.ts';
import type { HostRun } from './host-run.ts';
import { WASI_MODULE, wasiFunctions } from './wasi-host.ts';

export interface HostGroup {
  /** Several groups may be of the same module. */
  readonly module: string;
  /** Whether a function of this name is of the group; absent if all of the module bring it in. */
  readonly has?: (name: string) => boolean;
  /** Whether its functions need the lane: the plugin's Wasm stack sleeps meanwhile. */
  readonly waits?: true;
  /** The smallest isolate that offers it. */
  readonly from: IsolateSize;
  readonly functions: (run: HostRun) => WebAssembly.ModuleImports;
}

/** By how much of our code an isolate holds, which it must read and compile before its first call. */
export const ISOLATE_SIZES = ['bare', 'plain', 'full'] as const;

export type IsolateSize = (typeof ISOLATE_SIZES)[number];

const GROUPS: readonly HostGroup[] = [
  { module: EXTISM_MODULE, from: 'bare', functions: memoryFunctions },
  { module: EXTISM_MODULE, has: isTextFunction, from: 'plain', functions: textFunctions },
  {
    ...{ module: EXTISM_MODULE, has: isHttpFunction, waits: true, from: 'full' },
    functions: (run) => (run.host === undefined ? {} : httpFunctions(run, run.host)),
  },
  {
    ...{ module: USER_MODULE, has: isStorageFunction, waits: true, from: 'full' },
    functions: (run) => (run.host === undefined ? {} : storageFunctions(run.guest, run.host)),
  },
  { module: WASI_MODULE, from: 'full', functions: wasiFunctions },
  { module: ASSEMBLYSCRIPT_MODULE, from: 'bare', functions: assemblyScriptFunctions },
];

type Import = Pick<WebAssembly.ModuleImportDescriptor, 'module' | 'name'>;

/** The groups that a module imports something of. */
export function groupsOf(imports: readonly Import[]): readonly HostGroup[] {
  return GROUPS.filter((group) =>
    imports.some(({ module, name }) => module === group.module && (group.has?.(name) ?? true)),
  );
}

export function provide(groups: readonly HostGroup[], run: HostRun): WebAssembly.Imports {
  const imports: WebAssembly.Imports = {};
  for (const { module, functions } of groups) {
    imports[module] = { ...imports[module], ...functions(run) };
  }
  return imports;
}

export function sizeFor(groups: readonly HostGroup[]): IsolateSize {
  const ranks = groups.map(({ from }) => ISOLATE_SIZES.indexOf(from));
  return ISOLATE_SIZES[Math.max(0, ...ranks)] ?? 'full';
}
