/**
 * A plugin as the registry of a workspace holds it.
 *
 * @module
 */

import type { CapabilityPattern } from '../capabilities/pattern.ts';
import type { PluginState } from './plugin-state.ts';
import type { Tier } from './tier.ts';
import type { ToolDefinition } from './tool-definition.ts';
import type { WasmLimits } from './wasm-limits.ts';

export interface RegisteredPlugin {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the code as uploaded, lower-case hex: content address and pin. */
  readonly codeHash: string;
  /** After the workspace's tier floor was applied. */
  readonly tier: Tier;
  readonly state: PluginState;
  /** Expanded `capabilities` and `deny` of its manifest. */
  readonly allow: readonly CapabilityPattern[];
  readonly deny: readonly CapabilityPattern[];
  readonly tools: readonly ToolDefinition[];
  readonly wasm?: WasmLimits;
}
