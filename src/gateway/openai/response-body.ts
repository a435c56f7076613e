/**
 * What a client of OpenAI's responses may send, and what it wishes by that.
 *
 * @module
 */

import * as z from 'zod';
import type { ClientWishes } from '../../core/conversation/client-wishes.ts';
import { clientToolName, MAX_CLIENT_TOOLS } from '../client-tools.ts';
import {
  choiceMode,
  functionTool,
  PLAIN_FORMATS,
  schemaFormat,
  toOpenAiWishes,
} from './openai-wishes.ts';
import { responseInput } from './response-input.ts';

// Tools that run at the vendor have a type of their own, and do not exist here.
const tool = functionTool.extend({ type: z.literal('function') });

const toolChoice = z.union([
  choiceMode,
  z.strictObject({ type: z.literal('function'), name: clientToolName }),
]);

const textFormat = z.discriminatedUnion('type', [
  ...PLAIN_FORMATS,
  schemaFormat.extend({ type: z.literal('json_schema') }),
]);

export const responseBody = z.strictObject({
  model: z.string().max(200),
  input: responseInput,
  instructions: z.string().max(32_768).nullish(),
  previous_response_id: z.string().max(128).nullish(),
  tools: z.array(tool).max(MAX_CLIENT_TOOLS).nullish(),
  tool_choice: toolChoice.nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  text: z.looseObject({ format: textFormat.nullish() }).nullish(),
  max_output_tokens: z.number().int().min(1).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  stream: z.boolean().nullish(),
  store: z.boolean().nullish(),
  background: z.literal(false).nullish(),
  metadata: z.record(z.string().max(64), z.string().max(512)).nullish(),
  // Taken, since clients send them, and left to the defaults of the model's provider.
  context_management: z.array(z.looseObject({})).max(16).nullish(),
  prompt_cache_options: z.looseObject({}).nullish(),
  prompt_cache_retention: z.string().max(32).nullish(),
  stream_options: z.looseObject({}).nullish(),
  include: z.array(z.string().max(64)).max(16).nullish(),
  prompt_cache_key: z.string().max(512).nullish(),
  reasoning: z.looseObject({}).nullish(),
  safety_identifier: z.string().max(512).nullish(),
  service_tier: z.string().max(64).nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  user: z.string().max(512).nullish(),
  // What is not there may be declined in words.
  conversation: z.null().optional(),
  max_tool_calls: z.null().optional(),
  moderation: z.null().optional(),
  prompt: z.null().optional(),
  top_logprobs: z.literal(0).nullish(),
});

export type ResponseBody = z.infer<typeof responseBody>;

export function toResponseWishes(body: ResponseBody): ClientWishes {
  return toOpenAiWishes({
    tools: body.tools,
    toolChoice: body.tool_choice,
    parallelCalls: body.parallel_tool_calls,
    format: body.text?.format,
    maxOutputTokens: body.max_output_tokens,
    temperature: body.temperature,
    topP: body.top_p,
  });
}
