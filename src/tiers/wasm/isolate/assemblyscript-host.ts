/**
 * The one function that AssemblyScript asks for besides those of its kit: `abort`, which is how it
 * throws.
 *
 * @module
 */

import type { Guest } from './guest.ts';
import { GuestStop } from './guest-stop.ts';
import type { HostRun } from './host-run.ts';

/** Longest text that is taken over into the log, in UTF-16 code units. */
const MAX_TEXT_CHARS = 2_048;

export function assemblyScriptFunctions(run: HostRun): WebAssembly.ModuleImports {
  return { abort: abort.bind(undefined, run) };
}

/** Takes pointers to message and file, then line and column. Bound, since closures are compiled. */
function abort(run: HostRun, ...place: readonly number[]): never {
  const { guest } = run;
  const [message = 0, file = 0, line = 0, column = 0] = place;
  const what = readText(guest, message) || 'abort';
  run.log.write('error', `${what} (${readText(guest, file)}:${line >>> 0}:${column >>> 0})`);
  throw new GuestStop('trap');
}

/** A string as AssemblyScript keeps it: UTF-16, its length in bytes in the 4 bytes before it. */
function readText(guest: Guest, pointer: number): string {
  if (pointer >>> 0 < 4) return '';
  const bytes = guest.view(pointer - 4, 4).getUint32(0, true);
  return new TextDecoder('utf-16le').decode(
    guest.bytes(pointer, Math.min(bytes & ~1, MAX_TEXT_CHARS * 2)),
  );
}
