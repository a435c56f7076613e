/**
 * A plugin as the registry of a workspace holds it.
 *
 * @module
 */

import type { CapabilityPattern } from '../capabilities/pattern.ts';
import type { JsonObject } from '../primitives/json.ts';
import type { ExecutorLimits } from './executor-limits.ts';
import type { McpOffers } from './mcp-offers.ts';
import type { PluginState } from './plugin-state.ts';
import type { PlacedTier } from './tier.ts';
import type { ToolDefinition } from './tool-definition.ts';
import type { WasmLimits } from './wasm-limits.ts';

export interface RegisteredPlugin {
  readonly name: string;
  readonly version: string;
  /**
   * SHA-256, lower-case hex: content address and pin. Of the code as uploaded, or for the tiers of an
   * executor of the manifest as canonical JSON, which names its files or its image by their hash.
   */
  readonly codeHash: string;
  /** After the workspace's tier floor was applied. */
  readonly tier: PlacedTier;
  readonly state: PluginState;
  /** Expanded `capabilities` and `deny` of its manifest. */
  readonly allow: readonly CapabilityPattern[];
  readonly deny: readonly CapabilityPattern[];
  readonly tools: readonly ToolDefinition[];
  /** What it offers to MCP clients besides. */
  readonly mcp?: McpOffers;
  readonly wasm?: WasmLimits;
  /** Bounds of its calls where an executor runs it. */
  readonly executor?: ExecutorLimits;
  /** What an operator has set, and the SHA-256 of its canonical JSON; absent while nothing is set. */
  readonly config?: { readonly hash: string; readonly values: JsonObject };
  /** Id of the trusted key whose signature held when it was installed. */
  readonly signedBy?: string;
  /** The revision from which on turns begin with it; absent while nobody has. */
  readonly sinceRevision?: number;
  /** Set while it drains: the revision from which on turns begin with a newer version. */
  readonly untilRevision?: number;
}

/** What tells two versions of a plugin apart. */
export type PluginVersion = Pick<RegisteredPlugin, 'version' | 'codeHash'>;
