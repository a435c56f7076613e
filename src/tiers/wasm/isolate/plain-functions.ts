/**
 * The host functions of the isolates that do without the others: none of them waits, and none
 * reaches beyond the run. Which plugins get by with them is in `host-groups.ts`.
 *
 * @module
 */

import { ASSEMBLYSCRIPT_MODULE, abort } from './assemblyscript-host.ts';
import { EXTISM_MODULE, memoryFunctions, textFunctions } from './extism-host.ts';
import type { PlainRun } from './host-run.ts';

/** All of the kernel: what it has for the host alone, hardening lets no plugin import. */
export function bareFunctions(run: PlainRun): WebAssembly.Imports {
  return {
    [EXTISM_MODULE]: run.guest.kernel as unknown as WebAssembly.ModuleImports,
    [ASSEMBLYSCRIPT_MODULE]: { abort: abort.bind(undefined, run) },
  };
}

export function plainFunctions(run: PlainRun): WebAssembly.Imports {
  return {
    [EXTISM_MODULE]: { ...memoryFunctions(run), ...textFunctions(run) },
    [ASSEMBLYSCRIPT_MODULE]: { abort: abort.bind(undefined, run) },
  };
}
