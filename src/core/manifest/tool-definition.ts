/**
 * One tool of a plugin, in the shape of MCP plus what the gate needs.
 *
 * @module
 */

import type { JsonObject } from '../primitives/json.ts';

/** Claims of the plugin's author (MCP `annotations`), not facts. Absent means the worst case. */
interface ToolAnnotations {
  readonly readOnlyHint?: boolean;
  readonly destructiveHint?: boolean;
  readonly idempotentHint?: boolean;
  readonly openWorldHint?: boolean;
}

/** Names of tools, unique in a workspace. Plain ASCII, so that no two names look alike. */
export const TOOL_NAME = /^[a-z][a-z0-9_-]{0,63}$/;

export interface ToolDefinition {
  /** Unique in the workspace: see {@link TOOL_NAME}. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema 2020-12 that passed `admitSchema`. */
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonObject;
  readonly annotations: ToolAnnotations;
  /** Capability templates filled from the canonical arguments, such as `tool:file:read:{path}`. */
  readonly requires: readonly string[];
  /** Name of the Wasm export that runs it; the tool's name with `-` as `_` unless stated. */
  readonly entry: string;
}
