/**
 * A request of ours as the provider packages of the AI SDK take it.
 *
 * @module
 */

import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FunctionTool,
  LanguageModelV4Message,
  LanguageModelV4ToolChoice,
  LanguageModelV4ToolResultPart,
} from '@ai-sdk/provider';
import type { ModelRequest, OfferedTool } from '../agent/ports.ts';
import { type PairedCall, type Passage, toPassages } from './paired-conversation.ts';
import { type EchoedPart, readEcho } from './vendor-echo.ts';

type AssistantContent = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'];

/** All of a call's options but the signal and what belongs to one provider. */
export function toCallOptions(
  request: ModelRequest,
): Omit<LanguageModelV4CallOptions, 'abortSignal' | 'providerOptions'> {
  const prompt = toPassages(request.messages).flatMap((passage) =>
    toMessages(passage, request.model),
  );
  const base = { prompt, maxOutputTokens: request.maxOutputTokens, ...toManner(request) };
  if (request.tools.length === 0) return base;
  return { ...base, tools: request.tools.map(toTool), toolChoice: toToolChoice(request) };
}

type Manner = Pick<
  LanguageModelV4CallOptions,
  'temperature' | 'topP' | 'stopSequences' | 'responseFormat'
>;

function toManner({ temperature, topP, stopSequences, format }: ModelRequest): Manner {
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(stopSequences && { stopSequences: [...stopSequences] }),
    ...(format && { responseFormat: toResponseFormat(format) }),
  };
}

function toResponseFormat(
  format: NonNullable<ModelRequest['format']>,
): NonNullable<Manner['responseFormat']> {
  if (format.kind === 'json') return { type: 'json' };
  const { name, description, schema } = format;
  return {
    type: 'json',
    schema: schema as LanguageModelV4FunctionTool['inputSchema'],
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
  };
}

function toToolChoice({ toolChoice }: ModelRequest): LanguageModelV4ToolChoice {
  if (typeof toolChoice === 'string') return { type: toolChoice };
  return { type: 'tool', toolName: toolChoice.tool };
}

function toTool(tool: OfferedTool): LanguageModelV4FunctionTool {
  return {
    type: 'function',
    name: tool.name,
    description: tool.description,
    // Both are JSON Schema; the vendors' type names an older draft, and only keywords travel.
    inputSchema: tool.inputSchema as LanguageModelV4FunctionTool['inputSchema'],
    ...(tool.isStrict !== undefined && { strict: tool.isStrict }),
  };
}

function toMessages(passage: Passage, model: string): LanguageModelV4Message[] {
  switch (passage.kind) {
    case 'system':
      return [{ role: 'system', content: passage.text.toWellFormed() }];
    case 'user':
      return [{ role: 'user', content: [textPart(passage.text)] }];
    case 'assistant': {
      const echo = readEcho(passage.message, model);
      const content = echo === undefined ? toContent(passage) : toEchoedContent(passage, echo);
      const reply: LanguageModelV4Message = { role: 'assistant', content };
      if (passage.calls.length === 0) return [reply];
      return [reply, { role: 'tool', content: passage.calls.map(toResultPart) }];
    }
  }
}

type AssistantPassage = Extract<Passage, { kind: 'assistant' }>;

function toContent({ message, calls }: AssistantPassage): AssistantContent {
  const text = message.content === '' ? [] : [textPart(message.content)];
  return [...text, ...calls.map((call) => callPart(call))];
}

/** The reply in the order in which the vendor wrote it, with its own signatures. */
function toEchoedContent(
  { message, calls }: AssistantPassage,
  echo: readonly EchoedPart[],
): AssistantContent {
  let textFrom = 0;
  return echo.flatMap((part): AssistantContent => {
    const options = part.options === undefined ? {} : { providerOptions: part.options };
    if (part.kind === 'reasoning') return [{ type: 'reasoning', text: part.text, ...options }];
    if (part.kind === 'call') {
      const call = calls[part.index];
      return call === undefined ? [] : [{ ...callPart(call), ...options }];
    }
    const text = message.content.slice(textFrom, textFrom + part.characters);
    textFrom += part.characters;
    return text === '' ? [] : [{ ...textPart(text), ...options }];
  });
}

function callPart({ id, name, input }: PairedCall) {
  return { type: 'tool-call', toolCallId: id, toolName: name, input } as const;
}

function toResultPart({ id, name, result, isError }: PairedCall): LanguageModelV4ToolResultPart {
  const type = isError ? 'error-text' : 'text';
  const output = { type, value: result.toWellFormed() } as const;
  return { type: 'tool-result', toolCallId: id, toolName: name, output };
}

function textPart(text: string) {
  return { type: 'text', text: text.toWellFormed() } as const;
}
