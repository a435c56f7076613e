/**
 * What a client of Anthropic's messages may send, and what it wishes by that.
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
import { anthropicMessage, systemText } from './anthropic-messages.ts';

const tool = z.looseObject({
  // Tools that run at the vendor have a type of their own, and do not exist here.
  type: z.literal('custom').nullish(),
  name: clientToolName,
  description: clientToolDescription.nullish(),
  input_schema: clientToolSchema,
  strict: z.boolean().nullish(),
});

const parallel = { disable_parallel_tool_use: z.boolean().nullish() };

const toolChoice = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('auto'), ...parallel }),
  z.looseObject({ type: z.literal('any'), ...parallel }),
  z.looseObject({ type: z.literal('none') }),
  z.looseObject({ type: z.literal('tool'), name: clientToolName, ...parallel }),
]);

const outputConfig = z.looseObject({
  format: z.strictObject({ type: z.literal('json_schema'), schema: clientToolSchema }).nullish(),
});

/** What says which tokens go in: all that counting them needs. */
export const countBody = z.strictObject({
  model: z.string().max(200),
  messages: z.array(anthropicMessage).min(1).max(1_000),
  system: systemText.nullish(),
  tools: z.array(tool).max(MAX_CLIENT_TOOLS).nullish(),
  tool_choice: toolChoice.nullish(),
  output_config: outputConfig.nullish(),
  // Taken, since clients send them, and left to the defaults of the model's provider.
  thinking: z.looseObject({ type: z.string().max(64) }).nullish(),
  cache_control: z.looseObject({}).nullish(),
  context_management: z.looseObject({}).nullish(),
});

export const messagesBody = countBody.extend({
  max_tokens: z.number().int().min(1),
  stream: z.boolean().nullish(),
  temperature: z.number().min(0).max(1).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  stop_sequences: z.array(z.string().min(1).max(256)).max(16).nullish(),
  /** Refused in a way that the vendor's own client understands, see the route. */
  thread: z.looseObject({}).nullish(),
  // Taken, and left to the defaults of the provider, as those above.
  top_k: z.number().int().min(0).nullish(),
  metadata: z.looseObject({ user_id: z.string().max(512).nullish() }).nullish(),
  service_tier: z.string().max(64).nullish(),
  inference_geo: z.string().max(64).nullish(),
  // What is not there may be declined in words.
  compaction: z.null().optional(),
  container: z.null().optional(),
  diagnostics: z.null().optional(),
  fallbacks: z.null().optional(),
  output_format: z.null().optional(),
  mcp_servers: z.array(z.unknown()).max(0).nullish(),
  speed: z.literal('standard').nullish(),
});

type MessagesBody = z.infer<typeof messagesBody>;
type CountBody = z.infer<typeof countBody>;

export function toMessagesWishes(body: MessagesBody): ClientWishes {
  const { temperature, top_p: topP, stop_sequences: stopSequences } = body;
  const format = body.output_config?.format;
  return {
    ...toAnthropicToolWishes(body),
    maxOutputTokens: body.max_tokens,
    ...(typeof temperature === 'number' && { temperature }),
    ...(typeof topP === 'number' && { topP }),
    ...(stopSequences && { stopSequences }),
    ...(format && { format: toReplyFormat(format.schema) }),
  };
}

/** The vendor always holds its models to it. */
function toReplyFormat(schema: Readonly<Record<string, unknown>>): ReplyFormat {
  return { kind: 'schema', schema: schema as JsonObject, isStrict: true };
}

export function toAnthropicToolWishes(
  body: Pick<CountBody, 'tools' | 'tool_choice'>,
): Pick<ClientWishes, 'tools' | 'toolChoice' | 'singleCall'> {
  const tools = (body.tools ?? []).map(({ input_schema: schema, ...named }) =>
    toClientTool({ ...named, schema }),
  );
  return {
    ...toToolWishes(tools, toToolChoice(body.tool_choice)),
    ...(body.tool_choice?.disable_parallel_tool_use === true && { singleCall: true }),
  };
}

function toToolChoice(choice: CountBody['tool_choice']): ToolChoice {
  if (!choice || choice.type === 'auto') return 'auto';
  if (choice.type === 'tool') return { tool: choice.name };
  return choice.type === 'any' ? 'required' : 'none';
}
