/**
 * What OpenAI's two shapes of a request say alike, and what a client wishes by that.
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
  toClientTool,
  toToolWishes,
} from '../client-tools.ts';

export const functionTool = z.strictObject({
  name: clientToolName,
  description: clientToolDescription.nullish(),
  parameters: clientToolSchema.nullish(),
  strict: z.boolean().nullish(),
});

export const choiceMode = z.enum(['none', 'auto', 'required']);

export const PLAIN_FORMATS = [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
] as const;

export const schemaFormat = z.strictObject({
  name: clientToolName,
  description: z.string().max(16_384).nullish(),
  schema: clientToolSchema,
  strict: z.boolean().nullish(),
});

type SaidFormat =
  | z.infer<(typeof PLAIN_FORMATS)[number]>
  | {
      readonly type: 'json_schema';
      readonly name: string;
      readonly description?: string | null | undefined;
      readonly schema?: Readonly<Record<string, unknown>> | null | undefined;
      readonly strict?: boolean | null | undefined;
    };

/** What is absent, or null, is not wished. */
export interface SaidWishes {
  readonly tools: readonly z.infer<typeof functionTool>[] | null | undefined;
  readonly toolChoice: z.infer<typeof choiceMode> | { readonly name: string } | null | undefined;
  readonly parallelCalls: boolean | null | undefined;
  readonly format: SaidFormat | null | undefined;
  readonly maxOutputTokens: number | null | undefined;
  readonly temperature: number | null | undefined;
  readonly topP: number | null | undefined;
}

/** @throws Refusal if two tools share a name, or the choice names none of them. */
export function toOpenAiWishes(said: SaidWishes): ClientWishes {
  const { maxOutputTokens, temperature, topP } = said;
  const tools = (said.tools ?? []).map(({ parameters, ...named }) =>
    toClientTool({ ...named, schema: parameters }),
  );
  const format = said.format && toReplyFormat(said.format);
  return {
    ...toToolWishes(tools, toToolChoice(said.toolChoice)),
    ...(said.parallelCalls === false && { singleCall: true }),
    ...(maxOutputTokens && { maxOutputTokens }),
    ...(typeof temperature === 'number' && { temperature }),
    ...(typeof topP === 'number' && { topP }),
    ...(format && { format }),
  };
}

function toToolChoice(choice: SaidWishes['toolChoice']): ToolChoice {
  if (typeof choice === 'object' && choice !== null) return { tool: choice.name };
  return choice ?? 'auto';
}

function toReplyFormat(said: SaidFormat): ReplyFormat | undefined {
  if (said.type === 'text') return undefined;
  if (said.type === 'json_object' || !said.schema) return { kind: 'json' };
  const { name, description, schema, strict } = said;
  return {
    kind: 'schema',
    name,
    ...(description && { description }),
    schema: schema as JsonObject,
    isStrict: strict === true,
  };
}
