/**
 * The engine's module and its memory at rest, which lie beside the Worker as static assets: with them
 * in the bundle, a third of what may be uploaded would be taken by something that most deployments
 * never run.
 *
 * @module
 */

import { ENGINE_IMAGE, QUICKJS_SHA256 } from '../../../../build/javascript-engine.js';
import { sha256Hex } from '../../../blocks/kit/keys.ts';
import { Fault } from '../../../core/errors/fault.ts';
import type { Network } from '../wasm-tier-bindings.ts';

/** Assets are told apart by their path; the host is no name of anything. */
const ORIGIN = 'https://assets.invalid/';

export interface EngineFiles {
  readonly module: Uint8Array;
  readonly image: ArrayBuffer;
}

/**
 * Reads it once, and takes it only if it is what the build has made.
 *
 * @throws Fault `internal` if it is not there or is something else.
 */
export type ReadEngine = (assets: Network | undefined) => Promise<EngineFiles>;

export function createEngineReader(): ReadEngine {
  let engine: EngineFiles | undefined;
  return async (assets) => {
    if (engine !== undefined) return engine;
    const [module, image] = await Promise.all([
      readAsset(assets, 'quickjs.wasm', QUICKJS_SHA256),
      readAsset(assets, 'quickjs.image', ENGINE_IMAGE.sha256),
    ]);
    engine = { module: new Uint8Array(module), image };
    return engine;
  };
}

/** Once in the life of an isolate. */
export const readEngine = createEngineReader();

async function readAsset(
  assets: Network | undefined,
  name: string,
  sha256: string,
): Promise<ArrayBuffer> {
  const response = await assets?.fetch(`${ORIGIN}${name}`);
  const bytes = (await response?.arrayBuffer()) ?? new ArrayBuffer(0);
  if (sha256Hex(new Uint8Array(bytes)) !== sha256) {
    throw new Fault('internal', `Cannot run scripts: ${name} must be among the assets`);
  }
  return bytes;
}
