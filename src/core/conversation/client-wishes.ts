/**
 * What the client of a turn brings along for its model: tools that the client runs by itself, and how
 * the model is to reply.
 *
 * A call of a client's tool never runs here. It is handed over: the turn ends with it, and the client
 * begins the next one with what came of it.
 *
 * @module
 */

import type { JsonObject } from '../primitives/json.ts';

/** A tool that the client runs. It hides a tool of the workspace that has the same name. */
export interface ClientTool {
  readonly name: string;
  readonly description: string;
  /** A JSON Schema of any draft, as the client wrote it: shown to the model, checked by nobody. */
  readonly inputSchema: JsonObject;
  /** Whether the provider must hold the model to the schema; absent: as the provider does by itself. */
  readonly isStrict?: boolean;
}

/** `required`: some tool must be called; or the one that is named. */
export type ToolChoice = 'auto' | 'none' | 'required' | { readonly tool: string };

/** In which form the reply must be; as far as the model's provider can do it. */
export type ReplyFormat =
  | { readonly kind: 'json' }
  | {
      readonly kind: 'schema';
      readonly name?: string;
      readonly description?: string;
      readonly schema: JsonObject;
      /** Whether the provider must hold the model to it. A vendor refuses many a schema then. */
      readonly isStrict: boolean;
    };

export interface ClientWishes {
  readonly tools: readonly ClientTool[];
  /** For the first reply of the turn: after a tool has answered, the model is free to end. */
  readonly toolChoice: ToolChoice;
  /** At most one call in each reply; what a model writes beyond it is denied. */
  readonly singleCall?: true;
  /** Most tokens of one reply. */
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly stopSequences?: readonly string[];
  readonly format?: ReplyFormat;
}

/** What a turn wishes whose client says nothing. */
export const NO_WISHES: ClientWishes = { tools: [], toolChoice: 'auto' };

export function isClientTool({ tools }: ClientWishes, name: string): boolean {
  return tools.some((tool) => tool.name === name);
}
