/**
 * What the platform hands to the Worker: the block namespaces, secrets, and optional services.
 *
 * @module
 */

import type { BlockBindings } from '../blocks/kit/bindings.ts';
import type { ModelBindings } from '../models/model-bindings.ts';
import type { LaneNamespace, WasmTierBindings } from '../tiers/wasm/wasm-tier-bindings.ts';

export interface GatewayBindings extends BlockBindings, WasmTierBindings, ModelBindings {
  /** Names that the gateway answers to, separated by spaces; see `own-host.ts`. */
  readonly SALLYPORT_HOSTS?: string;
  /** `true` where every request comes through Cloudflare; see `source-address.ts`. */
  readonly SALLYPORT_BEHIND_CLOUDFLARE?: string;
  /** `<audience>=<workspace>`, separated by spaces; see `core/policy/audience.ts`. */
  readonly SALLYPORT_AUDIENCES?: string;
  /** Reached by both of them: by workspaces for plugins as a whole, by the tier for calls. */
  readonly WASM_LANES: LaneNamespace;
}
