/**
 * The one function that AssemblyScript asks for besides those of its kit: `abort`, which is how it
 * throws.
 *
 * @module
 */

import { CUT_MARK } from './cut-mark.ts';
import { bytesOf, type GuestState } from './guest.ts';
import { GuestStop } from './guest-stop.ts';
import type { HostRun } from './host-run.ts';

/** Longest text that is taken over into the log, in UTF-16 code units. */
const MAX_TEXT_CHARS = 2_048;

export function assemblyScriptFunctions(run: HostRun): WebAssembly.ModuleImports {
  return { abort: abort.bind(undefined, run) };
}

interface AbortedRun {
  readonly guest: GuestState;
  readonly log: { write(level: 'error', text: string): void };
}

/** Takes pointers to message and file, then line and column. To be bound: closures are compiled. */
export function abort({ guest, log }: AbortedRun, ...place: readonly number[]): never {
  const [message = 0, file = 0, line = 0, column = 0] = place;
  const what = readText(guest, message) || 'abort';
  log.write('error', `${what} (${readText(guest, file)}:${line >>> 0}:${column >>> 0})`);
  throw new GuestStop('trap');
}

/** A string as AssemblyScript keeps it: UTF-16, its length in bytes in the 4 bytes before it. */
function readText(guest: GuestState, pointer: number): string {
  if (pointer >>> 0 < 4) return '';
  const [a = 0, b = 0, c = 0, d = 0] = bytesOf(guest, pointer - 4, 4);
  const byteCount = (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  const keptBytes = Math.min(byteCount, MAX_TEXT_CHARS * 2) & ~1;
  const text = new TextDecoder('utf-16le').decode(bytesOf(guest, pointer, keptBytes));
  return byteCount > MAX_TEXT_CHARS * 2 ? text + CUT_MARK : text;
}
