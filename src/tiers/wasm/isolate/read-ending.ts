/**
 * How a run ended, as facts: read once, when nothing of the plugin runs any more. What they mean is
 * for `judge-run.ts` to say, where code is not compiled anew for each isolate.
 *
 * @module
 */

import {
  FUEL_EXPORT,
  GROW_REFUSED_EXPORT,
  MEMORY_EXPORT,
} from '../../../wasm-hardening/reserved-exports.ts';
import type { GuestState } from './guest.ts';
import { GuestStop } from './guest-stop.ts';
import type { RunEnding, RunThrow } from './plugin-protocol.ts';
import { MAX_TEXT_BYTES } from './run-log.ts';

export interface Return {
  /** What the run threw, if it did. */
  readonly thrown: unknown;
  /** What its entry returned, if it came back by itself. */
  readonly returned: unknown;
}

/** Fuel with which the host reads out of a kernel whose plugin may have used all of it. */
const READING_FUEL = 10_000n;

/** `maxBytes`: what is longer is read no further than shows it. */
export function readEnding(
  guest: GuestState,
  { thrown, returned }: Return,
  maxBytes: number,
): RunEnding {
  const { fuelLimit, kernel, plugin, suspendedMs } = guest;
  const from = kernel.output.value;
  const length = Math.min(kernel.output_length.value, maxBytes + 1);
  return {
    kernelFuelLeft: Number(kernel[FUEL_EXPORT].value),
    // A plugin that could not be instantiated has used none.
    fuelLeft: Number(plugin[FUEL_EXPORT]?.value ?? fuelLimit),
    memoryBytes: plugin[MEMORY_EXPORT]?.buffer.byteLength ?? 0,
    wantsMemory: plugin[GROW_REFUSED_EXPORT]?.value === 1 || kernel.alloc_refused.value === 1,
    suspendedMs,
    // Of an empty output the place is whatever the plugin said, and need not be one.
    output: new Uint8Array(kernel.memory.buffer).slice(from, from + length),
    thrown: thrown === undefined ? undefined : describe(thrown),
    returned: returned === undefined || returned === 0 ? undefined : String(returned),
    error: kernel.error.value === 0 ? undefined : readError(guest),
  };
}

/** What a plugin says went wrong is for its author. As much of it as there is: lengths can be forged. */
function readError({ kernel }: GuestState): Uint8Array {
  kernel[FUEL_EXPORT].value = READING_FUEL;
  const from = kernel.error.value;
  const length = Math.min(Number(kernel.length(BigInt(from))), MAX_TEXT_BYTES);
  return new Uint8Array(kernel.memory.buffer).slice(from, from + length);
}

function describe(thrown: unknown): RunThrow {
  if (thrown instanceof GuestStop) return { stop: thrown.end };
  if (thrown instanceof Error) return { name: thrown.name, message: thrown.message };
  return { name: '', message: '' };
}
