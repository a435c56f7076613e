/**
 * The tools that a client brings along, whatever the shape of its request.
 *
 * @module
 */

import * as z from 'zod';
import type { ClientTool, ClientWishes, ToolChoice } from '../core/conversation/client-wishes.ts';
import type { JsonObject } from '../core/primitives/json.ts';
import { invalidBody } from './refusal.ts';

/** Most tools of one request. */
export const MAX_CLIENT_TOOLS = 128;

export const clientToolName = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
export const clientToolDescription = z.string().max(16_384);
export const clientToolSchema = z.record(z.string(), z.unknown());

const NO_ARGUMENTS: JsonObject = { type: 'object', properties: {} };

export function toClientTool(tool: {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly schema?: Readonly<Record<string, unknown>> | null | undefined;
  readonly strict?: boolean | null | undefined;
}): ClientTool {
  const { name, description, schema, strict } = tool;
  return {
    name,
    description: description ?? '',
    inputSchema: (schema as JsonObject | null | undefined) ?? NO_ARGUMENTS,
    ...(typeof strict === 'boolean' && { isStrict: strict }),
  };
}

/** @throws Refusal if two tools share a name, or the choice names none of them. */
export function toToolWishes(
  tools: readonly ClientTool[],
  toolChoice: ToolChoice,
): Pick<ClientWishes, 'tools' | 'toolChoice'> {
  const names = tools.map(({ name }) => name);
  const again = names.findIndex((name, index) => names.indexOf(name) !== index);
  if (again !== -1) {
    throw invalidBody({ pointer: `/tools/${again}`, detail: 'it must have a name of its own' });
  }
  if (typeof toolChoice === 'object' && !names.includes(toolChoice.tool)) {
    throw invalidBody({ pointer: '/tool_choice', detail: 'it must name one of the tools' });
  }
  return { tools, toolChoice };
}
