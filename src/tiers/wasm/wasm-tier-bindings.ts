/**
 * What the wasm tier needs of the deployment.
 *
 * @module
 */

import type { BlockBindings, BlockNamespace } from '../../blocks/kit/bindings.ts';
import type { WasmLaneApi } from './wasm-lane-api.ts';

/** Something that requests can be sent through. */
export interface Network {
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
}

/** Lanes by the name of their workspace. */
export interface LaneNamespace extends BlockNamespace<WasmLaneApi> {
  idFromName(name: string): DurableObjectId;
}

export interface WasmTierBindings {
  readonly WASM_LANES: LaneNamespace;
  /** Gives each plugin an isolate of its own. Without it, only bundled plugins run. */
  readonly LOADER?: WorkerLoader;
  /** What lies beside the Worker: the engine of plugins in JavaScript. */
  readonly ASSETS?: Network;
  /** Refuses names that resolve to private addresses; the global `fetch` where it is absent. */
  readonly PUBLIC_NETWORK?: Network;
  /** Reaches private addresses, for hosts that a workspace's policy exempts. */
  readonly PRIVATE_NETWORK?: Network;
}

/** What the lane itself uses. */
export type WasmLaneBindings = WasmTierBindings &
  Pick<BlockBindings, 'SESSIONS' | 'STORAGES' | 'VAULTS' | 'WORKSPACES' | 'SALLYPORT_MASTER_KEY'>;
