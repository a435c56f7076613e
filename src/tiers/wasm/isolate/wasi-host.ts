/**
 * WASI preview 1 without the world: no files and no sockets. Clock and chance are in `wasi-ambient.ts`.
 *
 * Language runtimes ask for these functions whether they use them or not, so all of them are there,
 * and answer as a system does on which nothing but the standard streams is open. What would reach
 * beyond them is refused and noted in the log of the run.
 *
 * @module
 */

import type { HostRun } from './host-run.ts';
import { toImports } from './wasi-imports.ts';
import { ERRNO, type WasiFunction } from './wasi-memory.ts';
import { processFunctions } from './wasi-process.ts';
import { streamFunctions } from './wasi-streams.ts';

/** What needs a file or a folder. */
const REFUSED = [
  ...['fd_allocate', 'fd_datasync', 'fd_sync', 'fd_fdstat_set_rights', 'fd_filestat_set_size'],
  ...['fd_filestat_set_times', 'fd_renumber'],
  ...['path_create_directory', 'path_filestat_get', 'path_filestat_set_times', 'path_link'],
  ...['path_open', 'path_readlink', 'path_remove_directory', 'path_rename', 'path_symlink'],
  'path_unlink_file',
] as const;

export function wasiFunctions(run: HostRun): WebAssembly.ModuleImports {
  return toImports(run, {
    ...streamFunctions(run),
    ...processFunctions(run),
    ...refusedFunctions(run),
  });
}

/** Each says so once in a run. */
function refusedFunctions({ log }: HostRun): Record<string, WasiFunction> {
  const functions: Record<string, WasiFunction> = {};
  const noted = new Set<string>();
  for (const name of REFUSED) {
    functions[name] = () => {
      if (!noted.has(name)) log.write('warn', `${name} was refused: this tier has no files`);
      noted.add(name);
      return ERRNO.notcapable;
    };
  }
  return functions;
}
