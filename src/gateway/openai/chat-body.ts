/**
 * What a client of chat completions may send, and what it wishes by that.
 *
 * @module
 */

import * as z from 'zod';
import type { ClientWishes } from '../../core/conversation/client-wishes.ts';
import { clientToolName, clientToolSchema, MAX_CLIENT_TOOLS } from '../client-tools.ts';
import { chatMessage } from './chat-messages.ts';
import {
  choiceMode,
  functionTool,
  PLAIN_FORMATS,
  schemaFormat,
  toOpenAiWishes,
} from './openai-wishes.ts';

const tool = z.strictObject({ type: z.literal('function'), function: functionTool });

const toolChoice = z.union([
  choiceMode,
  z.strictObject({
    type: z.literal('function'),
    function: z.strictObject({ name: clientToolName }),
  }),
]);

const responseFormat = z.discriminatedUnion('type', [
  ...PLAIN_FORMATS,
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: schemaFormat.extend({ schema: clientToolSchema.nullish() }),
  }),
]);

const DECLINED = {
  audio: z.null().optional(),
  function_call: z.null().optional(),
  functions: z.null().optional(),
  logit_bias: z.strictObject({}).nullish(),
  logprobs: z.literal(false).nullish(),
  moderation: z.null().optional(),
  modalities: z.array(z.literal('text')).max(1).nullish(),
  prediction: z.null().optional(),
  top_logprobs: z.literal(0).nullish(),
};

const stopSequence = z.string().min(1).max(256);

export const chatBody = z.strictObject({
  model: z.string().max(200),
  messages: z.array(chatMessage).min(1).max(1_000),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
  n: z.literal(1).nullish(),
  tools: z.array(tool).max(MAX_CLIENT_TOOLS).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
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
  prompt_cache_key: z.string().max(512).nullish(),
  prompt_cache_options: z.looseObject({}).nullish(),
  prompt_cache_retention: z.string().max(32).nullish(),
  reasoning_effort: z.string().max(32).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  safety_identifier: z.string().max(512).nullish(),
  service_tier: z.string().max(64).nullish(),
  store: z.boolean().nullish(),
  user: z.string().max(512).nullish(),
  verbosity: z.string().max(32).nullish(),
  // What is not there may be declined in words.
  ...DECLINED,
});

type ChatBody = z.infer<typeof chatBody>;

export function toChatWishes(body: ChatBody): ClientWishes {
  const { stop, tool_choice: choice, response_format: format } = body;
  const said = toOpenAiWishes({
    tools: body.tools?.map((tool) => tool.function),
    toolChoice: typeof choice === 'object' ? choice?.function : choice,
    parallelCalls: body.parallel_tool_calls,
    format: format?.type === 'json_schema' ? { type: format.type, ...format.json_schema } : format,
    maxOutputTokens: body.max_completion_tokens ?? body.max_tokens,
    temperature: body.temperature,
    topP: body.top_p,
  });
  return { ...said, ...(stop && { stopSequences: typeof stop === 'string' ? [stop] : stop }) };
}
