/**
 * What a client of chat completions is answered, as the published document describes it.
 *
 * @module
 */

import * as z from 'zod';

const toolCall = z.object({
  id: z.string(),
  type: z.literal('function'),
  function: z.object({ name: z.string(), arguments: z.string() }),
});

const choice = z.object({
  index: z.number(),
  message: z.object({
    role: z.literal('assistant'),
    /** `null` where the model has only called tools of the client. */
    content: z.string().nullable(),
    refusal: z.null(),
    tool_calls: z.array(toolCall).optional(),
  }),
  logprobs: z.null(),
  finish_reason: z.enum(['stop', 'length', 'content_filter', 'tool_calls']),
});

export const chatCompletion = z.object({
  id: z.string(),
  object: z.literal('chat.completion'),
  /** Epoch seconds. */
  created: z.number(),
  model: z.string(),
  choices: z.array(choice),
  usage: z.object({
    prompt_tokens: z.number(),
    completion_tokens: z.number(),
    total_tokens: z.number(),
    prompt_tokens_details: z.object({ cached_tokens: z.number() }).optional(),
  }),
});

export type ChatCompletion = z.infer<typeof chatCompletion>;
