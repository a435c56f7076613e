/**
 * What a client of chat completions may send, and what it wishes by that.
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
import { chatMessage } from './chat-messages.ts';

const tool = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name: clientToolName,
    description: clientToolDescription.nullish(),
    parameters: clientToolSchema.nullish(),
    strict: z.boolean().nullish(),
  }),
});

const toolChoice = z.union([
  z.enum(['none', 'auto', 'required']),
  z.strictObject({
    type: z.literal('function'),
    function: z.strictObject({ name: clientToolName }),
  }),
]);

const responseFormat = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name: clientToolName,
      description: z.string().max(16_384).nullish(),
      schema: clientToolSchema.nullish(),
      strict: z.boolean().nullish(),
    }),
  }),
]);

const stopSequence = z.string().min(1).max(256);

export const chatBody = z.strictObject({
  model: z.string().max(200),
  messages: z.array(chatMessage).min(1).max(1_000),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  n: z.literal(1).nullish(),
  tools: z.array(tool).max(MAX_CLIENT_TOOLS).nullish(),
  tool_choice: toolChoice.nullish(),
  response_format: responseFormat.nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  stop: z.union([stopSequence, z.array(stopSequence).max(4)]).nullish(),
  max_tokens: z.number().int().min(1).nullish(),
  max_completion_tokens: z.number().int().min(1).nullish(),
  // Taken, since clients send them, and left to the defaults of the model's provider.
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  seed: z.number().int().nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  reasoning_effort: z.string().max(32).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  store: z.boolean().nullish(),
  user: z.string().max(512).nullish(),
});

type ChatBody = z.infer<typeof chatBody>;

export function toChatWishes(body: ChatBody): ClientWishes {
  const { temperature, top_p: topP, stop, response_format: format } = body;
  const tools = (body.tools ?? []).map(({ function: { parameters, ...named } }) =>
    toClientTool({ ...named, schema: parameters }),
  );
  const maxOutputTokens = body.max_completion_tokens ?? body.max_tokens;
  const replyFormat = format && toReplyFormat(format);
  return {
    ...toToolWishes(tools, toToolChoice(body.tool_choice)),
    ...(maxOutputTokens && { maxOutputTokens }),
    ...(typeof temperature === 'number' && { temperature }),
    ...(typeof topP === 'number' && { topP }),
    ...(stop && { stopSequences: typeof stop === 'string' ? [stop] : stop }),
    ...(replyFormat && { format: replyFormat }),
  };
}

function toToolChoice(choice: ChatBody['tool_choice']): ToolChoice {
  if (typeof choice === 'object' && choice !== null) return { tool: choice.function.name };
  return choice ?? 'auto';
}

function toReplyFormat(format: z.infer<typeof responseFormat>): ReplyFormat | undefined {
  if (format.type === 'text') return undefined;
  if (format.type === 'json_object') return { kind: 'json' };
  const { name, schema } = format.json_schema;
  return schema ? { kind: 'schema', name, schema: schema as JsonObject } : { kind: 'json' };
}
