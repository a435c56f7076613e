/**
 * Messages in OpenAI's shape, as a client sends them, to messages of a conversation.
 *
 * @module
 */

import * as z from 'zod';
import type { Message } from '../../core/conversation/message.ts';
import type { PointerError } from '../../core/errors/pointer-errors.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import {
  refusalPart,
  TEXT_ONLY,
  toAssistantMessage,
  toSystemMessage,
  toText,
  toToolMessage,
  toUserMessage,
} from '../client-messages.ts';

const textPart = z.looseObject({ type: z.literal('text'), text: z.string() });
const content = z.union([z.string(), z.array(textPart)], { error: TEXT_ONLY });
const reply = z.union([z.string(), z.array(z.union([textPart, refusalPart]))], {
  error: TEXT_ONLY,
});

const toolCall = z.looseObject({
  id: z.string().max(256),
  type: z.literal('function'),
  function: z.looseObject({ name: z.string().max(256), arguments: z.string() }),
});

export const chatMessage = z.discriminatedUnion('role', [
  z.looseObject({ role: z.enum(['system', 'developer']), content }),
  z.looseObject({ role: z.literal('user'), content }),
  z.looseObject({
    role: z.literal('assistant'),
    content: reply.nullish(),
    refusal: z.string().nullish(),
    tool_calls: z.array(toolCall).nullish(),
  }),
  z.looseObject({ role: z.literal('tool'), tool_call_id: z.string().max(256), content }),
]);

type ChatMessage = z.infer<typeof chatMessage>;

/** The turn answers the user's message, or goes on with what the client's tools have said. */
export function toMessages(
  messages: readonly ChatMessage[],
): Result<readonly Message[], PointerError> {
  const last = messages.at(-1)?.role;
  if (last !== 'user' && last !== 'tool') {
    const pointer = `/messages/${messages.length - 1}/role`;
    return err({ pointer, detail: 'the last message must be from the user or a tool' });
  }
  const toolNames = new Map<string, string>();
  const converted: Message[] = [];
  for (const [index, message] of messages.entries()) {
    if (message.role === 'tool' && !toolNames.has(message.tool_call_id)) {
      const pointer = `/messages/${index}/tool_call_id`;
      return err({ pointer, detail: 'it must name a tool call of an earlier message' });
    }
    converted.push(toMessage(message, toolNames));
  }
  return ok(converted);
}

function toMessage(message: ChatMessage, toolNames: Map<string, string>): Message {
  switch (message.role) {
    case 'system':
    case 'developer':
      return toSystemMessage(toText(message.content));
    case 'user':
      return toUserMessage(toText(message.content));
    case 'assistant': {
      const calls = message.tool_calls ?? [];
      for (const call of calls) toolNames.set(call.id, call.function.name);
      return toAssistantMessage(
        toText(message.content ?? message.refusal ?? ''),
        calls.map((call) => ({
          id: call.id,
          name: call.function.name,
          argumentsText: call.function.arguments,
        })),
      );
    }
    case 'tool':
      return toToolMessage({
        modelCallId: message.tool_call_id,
        toolName: toolNames.get(message.tool_call_id) ?? '',
        content: toText(message.content),
        isError: false,
      });
  }
}
