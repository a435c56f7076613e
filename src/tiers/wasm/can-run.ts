/**
 * Whether this deployment has a way to run uploaded code.
 *
 * @module
 */

import { isBundled } from './bundled-plugins.ts';
import type { WasmTierBindings } from './wasm-tier-bindings.ts';

/** With a Worker loader any; without, what was compiled into the Worker. */
export function canRun(env: Pick<WasmTierBindings, 'LOADER'>, codeHash: string): boolean {
  return env.LOADER !== undefined || isBundled(codeHash);
}
