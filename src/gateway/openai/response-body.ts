/**
 * What a client of OpenAI's responses may send, and what it wishes by that.
 *
 * @module
 */

import * as z from 'zod';
import type {
  ClientWishes,
  ReplyFormat,
  ToolChoice,
} from '../../core/conversation/client-wishes.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import {
  clientToolDescription,
  clientToolName,
  clientToolSchema,
  MAX_CLIENT_TOOLS,
  toClientTool,
  toToolWishes,
} from '../client-tools.ts';
import { responseInput } from './response-input.ts';

const tool = z.strictObject({
  // Tools that run at the vendor have a type of their own, and do not exist here.
  type: z.literal('function'),
  name: clientToolName,
  description: clientToolDescription.nullish(),
  parameters: clientToolSchema.nullish(),
  strict: z.boolean().nullish(),
});

const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.strictObject({ type: z.literal('function'), name: clientToolName }),
]);

const textFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    name: clientToolName,
    schema: clientToolSchema,
    description: z.string().max(16_384).nullish(),
    strict: z.boolean().nullish(),
  }),
]);

export const responseBody = z.strictObject({
  model: z.string().max(200),
  input: responseInput,
  instructions: z.string().max(32_768).nullish(),
  previous_response_id: z.string().max(128).nullish(),
  tools: z.array(tool).max(MAX_CLIENT_TOOLS).nullish(),
  tool_choice: toolChoice.nullish(),
  text: z.looseObject({ format: textFormat.nullish() }).nullish(),
  max_output_tokens: z.number().int().min(1).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  stream: z.boolean().nullish(),
  store: z.boolean().nullish(),
  background: z.literal(false).nullish(),
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
  // Taken, since clients send them, and left to the defaults of the model's provider.
  include: z.array(z.string().max(64)).max(16).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  prompt_cache_key: z.string().max(512).nullish(),
  reasoning: z.looseObject({}).nullish(),
  safety_identifier: z.string().max(512).nullish(),
  service_tier: z.string().max(64).nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  user: z.string().max(512).nullish(),
});

export type ResponseBody = z.infer<typeof responseBody>;

export function toResponseWishes(body: ResponseBody): ClientWishes {
  const { max_output_tokens: maxOutputTokens, temperature, top_p: topP } = body;
  const tools = (body.tools ?? []).map(({ parameters, ...named }) =>
    toClientTool({ ...named, schema: parameters }),
  );
  const format = toReplyFormat(body.text?.format);
  return {
    ...toToolWishes(tools, toToolChoice(body.tool_choice)),
    ...(maxOutputTokens && { maxOutputTokens }),
    ...(typeof temperature === 'number' && { temperature }),
    ...(typeof topP === 'number' && { topP }),
    ...(format && { format }),
  };
}

function toToolChoice(choice: ResponseBody['tool_choice']): ToolChoice {
  if (typeof choice === 'object' && choice !== null) return { tool: choice.name };
  return choice ?? 'auto';
}

function toReplyFormat(
  format: z.infer<typeof textFormat> | null | undefined,
): ReplyFormat | undefined {
  if (!format || format.type === 'text') return undefined;
  if (format.type === 'json_object') return { kind: 'json' };
  return { kind: 'schema', name: format.name, schema: format.schema as JsonObject };
}
