/**
 * What a client of messages is answered, as the published document describes it.
 *
 * @module
 */

import * as z from 'zod';

const text = z.object({ type: z.literal('text'), text: z.string() });

const toolUse = z.object({
  type: z.literal('tool_use'),
  id: z.string(),
  name: z.string(),
  input: z.record(z.string(), z.unknown()),
  caller: z.object({ type: z.literal('direct') }),
});

export const message = z.object({
  id: z.string(),
  type: z.literal('message'),
  role: z.literal('assistant'),
  model: z.string(),
  content: z.array(z.discriminatedUnion('type', [text, toolUse])),
  stop_reason: z.enum(['end_turn', 'max_tokens', 'refusal', 'tool_use']).nullable(),
  stop_sequence: z.null(),
  stop_details: z.null(),
  container: z.null(),
  usage: z.object({
    input_tokens: z.number(),
    output_tokens: z.number(),
    cache_creation_input_tokens: z.number(),
    cache_read_input_tokens: z.number(),
    server_tool_use: z.null(),
  }),
});

export type AnthropicMessage = z.infer<typeof message>;
