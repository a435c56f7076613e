/**
 * A run without a job: for what an engine does before it is called, and for looking at a source.
 *
 * @module
 */

import { DEFAULT_WASM_LIMITS } from '../../../core/manifest/wasm-limits.ts';
import { Guest } from '../isolate/guest.ts';
import type { HostRun } from '../isolate/host-run.ts';
import { startKernel } from '../isolate/kernel.ts';
import { RunLog } from '../isolate/run-log.ts';

/**
 * Fuel for compiling one source, or for starting the engine. Several times what the longest
 * source takes, and less than half a second.
 */
const PREPARATION_FUEL = 400_000_000;

export function createQuietRun(kernel: WebAssembly.Module): HostRun {
  const limits = { ...DEFAULT_WASM_LIMITS, fuel: PREPARATION_FUEL };
  return {
    guest: new Guest(startKernel(kernel, limits.fuel), limits.fuel),
    job: { plugin: '', tool: '', input: new Uint8Array(), limits },
    abi: 'extism-1',
    log: new RunLog(),
    logged: () => undefined,
  };
}
