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

/** The argument by which a tool that asks its client hears the answers: `{responses, state?}`. */
export const CLIENT_INPUT = 'clientInput';

export interface ToolDefinition {
  /** Unique in the workspace: see {@link TOOL_NAME}. */
  readonly name: string;
  /** For people; the name is for programs. */
  readonly title?: string;
  readonly description: string;
  /** JSON Schema 2020-12 that passed `admitSchema`. */
  readonly inputSchema: JsonObject;
  readonly outputSchema?: JsonObject;
  readonly annotations: ToolAnnotations;
  /** Capability templates filled from the canonical arguments, such as `tool:file:read:{path}`. */
  readonly requires: readonly string[];
  /**
   * Words by which a principal asks for what this tool does, such as `send` or `transfer*`; a star
   * stands for any ending. Once outsiders have spoken, a message without any of them asks for no
   * such thing, nor for a call in which nothing is trusted; a human is asked. Absent where the tool
   * needs no mandate.
   */
  readonly mandate?: readonly string[];
  /**
   * A function of its arguments alone: a Wasm tool that no host lets do anything. Only such a tool may
   * declassify; see `pure-tools.ts`.
   */
  readonly pure?: boolean;
  /**
   * `content`: the output is JSON in the shape of an MCP result, whose parts may be texts, images,
   * sounds and resources. Otherwise it is text.
   */
  readonly result?: 'content';
  /**
   * The tool may ask an MCP client for input: what it answers comes with the same arguments once
   * more, under {@link CLIENT_INPUT}.
   */
  readonly asksClient?: boolean;
  /** Name of the Wasm export that runs it; the tool's name with `-` as `_` unless stated. */
  readonly entry: string;
}
