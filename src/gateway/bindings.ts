/**
 * What the platform hands to the Worker: the block namespaces, secrets, and optional services.
 *
 * @module
 */

import type { BlockBindings } from '../blocks/kit/bindings.ts';
import type { ModelBindings } from '../models/model-bindings.ts';
import type { WasmTierBindings } from '../tiers/wasm/wasm-tier-bindings.ts';

export interface GatewayBindings extends BlockBindings, WasmTierBindings, ModelBindings {}
