/**
 * What a client of responses is answered, as the published document describes it.
 *
 * @module
 */

import * as z from 'zod';

const itemStatus = z.enum(['in_progress', 'completed', 'incomplete']);

const textPart = z.object({
  type: z.literal('output_text'),
  text: z.string(),
  annotations: z.array(z.never()),
  logprobs: z.array(z.never()),
});

const outputMessage = z.object({
  id: z.string(),
  type: z.literal('message'),
  role: z.literal('assistant'),
  status: itemStatus,
  content: z.array(textPart),
});

const functionCall = z.object({
  id: z.string(),
  type: z.literal('function_call'),
  call_id: z.string(),
  name: z.string(),
  arguments: z.string(),
  status: itemStatus,
});

const outputItem = z.discriminatedUnion('type', [outputMessage, functionCall]);

const usage = z.object({
  input_tokens: z.number(),
  input_tokens_details: z.object({ cached_tokens: z.number(), cache_write_tokens: z.number() }),
  output_tokens: z.number(),
  output_tokens_details: z.object({ reasoning_tokens: z.number() }),
  total_tokens: z.number(),
});

/** As the request said it, or what holds where it said nothing. */
const echo = z.object({
  model: z.string(),
  background: z.literal(false),
  instructions: z.string().nullable(),
  max_output_tokens: z.number().nullable(),
  metadata: z.record(z.string(), z.string()),
  parallel_tool_calls: z.boolean(),
  previous_response_id: z.string().nullable(),
  reasoning: z.object({ effort: z.null(), summary: z.null() }),
  store: z.boolean(),
  temperature: z.number().nullable(),
  text: z.looseObject({ format: z.looseObject({ type: z.string() }).nullish() }),
  tool_choice: z.union([z.string(), z.object({ type: z.literal('function'), name: z.string() })]),
  tools: z.array(z.looseObject({ type: z.literal('function'), name: z.string() })),
  top_p: z.number().nullable(),
  truncation: z.literal('disabled'),
});

export const response = echo.extend({
  id: z.string(),
  object: z.literal('response'),
  /** Epoch seconds. */
  created_at: z.number(),
  status: z.enum(['in_progress', 'completed', 'incomplete', 'failed', 'cancelled']),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  incomplete_details: z
    .object({ reason: z.enum(['max_output_tokens', 'content_filter']) })
    .nullable(),
  output: z.array(outputItem),
  usage: usage.nullable(),
});

export type ResponseEcho = z.infer<typeof echo>;
export type OutputItem = z.infer<typeof outputItem>;
export type ResponseObject = z.infer<typeof response>;
