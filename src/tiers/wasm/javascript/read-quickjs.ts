/**
 * The engine's module, which lies beside the Worker as a static asset: with it in the bundle, a third
 * of what may be uploaded would be taken by something that most deployments never run.
 *
 * @module
 */

import { QUICKJS_SHA256 } from '../../../../build/javascript-engine.js';
import { sha256Hex } from '../../../blocks/kit/keys.ts';
import { Fault } from '../../../core/errors/fault.ts';
import type { Network } from '../wasm-tier-bindings.ts';

/** Assets are told apart by their path; the host is no name of anything. */
const URL = 'https://assets.invalid/quickjs.wasm';

let quickJs: Uint8Array | undefined;

/**
 * Read once in the life of an isolate, and taken only if it is what the build has made.
 *
 * @throws Fault `internal` if it is not there or is something else.
 */
export async function readQuickJs(assets: Network | undefined): Promise<Uint8Array> {
  if (quickJs !== undefined) return quickJs;
  const response = await assets?.fetch(URL);
  const bytes = new Uint8Array((await response?.arrayBuffer()) ?? []);
  if (sha256Hex(bytes) !== QUICKJS_SHA256) {
    throw new Fault('internal', 'Cannot run scripts: quickjs.wasm must be among the assets');
  }
  quickJs = bytes;
  return bytes;
}
