/**
 * Messages in Anthropic's shape, as a client sends them, to messages of a conversation.
 *
 * @module
 */

import * as z from 'zod';
import type { Message } from '../../core/conversation/message.ts';
import type { WrittenToolCall } from '../../core/conversation/tool-call.ts';
import type { PointerError } from '../../core/errors/pointer-errors.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import {
  TEXT_ONLY,
  toAssistantMessage,
  toSystemMessage,
  toText,
  toToolMessage,
  toUserMessage,
} from '../client-messages.ts';

const callId = z.string().min(1).max(256);
const textBlock = z.looseObject({ type: z.literal('text'), text: z.string() });
const toolUse = z.looseObject({
  type: z.literal('tool_use'),
  id: callId,
  name: z.string().max(256),
  input: z.record(z.string(), z.unknown()),
});
const toolResult = z.looseObject({
  type: z.literal('tool_result'),
  tool_use_id: callId,
  content: z.union([z.string(), z.array(textBlock)]).nullish(),
  is_error: z.boolean().nullish(),
});
/** Signed for the vendor that wrote it; nobody else can read it. */
const thinking = z.looseObject({ type: z.enum(['thinking', 'redacted_thinking']) });

const userBlock = z.discriminatedUnion('type', [textBlock, toolResult]);
const assistantBlock = z.discriminatedUnion('type', [textBlock, toolUse, thinking]);

export const anthropicMessage = z.discriminatedUnion('role', [
  z.looseObject({
    role: z.literal('user'),
    content: z.union([z.string(), z.array(userBlock).min(1)], { error: TEXT_ONLY }),
  }),
  z.looseObject({
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(assistantBlock)]),
  }),
]);

export const systemText = z.union([z.string(), z.array(textBlock)]);

type AnthropicMessage = z.infer<typeof anthropicMessage>;

/** The turn answers the user's message, or goes on with what the client's tools have said. */
export function toMessages(
  messages: readonly AnthropicMessage[],
  system: z.infer<typeof systemText> | null | undefined,
): Result<readonly Message[], PointerError> {
  if (messages.at(-1)?.role !== 'user') {
    const pointer = `/messages/${messages.length - 1}/role`;
    return err({ pointer, detail: 'the last message must be from the user' });
  }
  const toolNames = new Map<string, string>();
  const converted: Message[] = [];
  if (system) converted.push(toSystemMessage(toText(system)));
  for (const [index, message] of messages.entries()) {
    if (message.role === 'assistant') {
      converted.push(readAssistantMessage(message.content, toolNames));
      continue;
    }
    const said = readUserMessages(message.content, toolNames);
    if (said === undefined) {
      const pointer = `/messages/${index}/content`;
      return err({ pointer, detail: 'each "tool_use_id" must be of an earlier message' });
    }
    converted.push(...said);
  }
  return ok(converted);
}

function readAssistantMessage(
  content: Extract<AnthropicMessage, { role: 'assistant' }>['content'],
  toolNames: Map<string, string>,
): Message {
  const blocks = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content;
  const toolCalls: WrittenToolCall[] = [];
  let text = '';
  for (const block of blocks) {
    if (block.type === 'text') text += block.text;
    if (block.type !== 'tool_use') continue;
    toolNames.set(block.id, block.name);
    const argumentsText = JSON.stringify(block.input);
    toolCalls.push({ id: block.id, name: block.name, argumentsText });
  }
  return toAssistantMessage(text, toolCalls);
}

/** Results in the order of their blocks, each text in its place. Nothing where a result has no call. */
function readUserMessages(
  content: Extract<AnthropicMessage, { role: 'user' }>['content'],
  toolNames: ReadonlyMap<string, string>,
): readonly Message[] | undefined {
  if (typeof content === 'string') return [toUserMessage(content)];
  const messages: Message[] = [];
  for (const block of content) {
    if (block.type === 'text') {
      messages.push(toUserMessage(block.text));
      continue;
    }
    const toolName = toolNames.get(block.tool_use_id);
    if (toolName === undefined) return undefined;
    messages.push(
      toToolMessage({
        modelCallId: block.tool_use_id,
        toolName,
        content: toText(block.content ?? ''),
        isError: block.is_error === true,
      }),
    );
  }
  return messages;
}
