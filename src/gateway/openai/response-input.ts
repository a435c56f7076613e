/**
 * The input of a response, to messages of a conversation.
 *
 * @module
 */

import * as z from 'zod';
import type { Message } from '../../core/conversation/message.ts';
import type { WrittenToolCall } from '../../core/conversation/tool-call.ts';
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

const callId = z.string().min(1).max(256);
const textPart = z.looseObject({
  type: z.enum(['input_text', 'output_text', 'text']),
  text: z.string(),
});

const inputMessage = z.discriminatedUnion('role', [
  z.looseObject({
    type: z.literal('message').optional(),
    role: z.enum(['user', 'system', 'developer']),
    content: z.union([z.string(), z.array(textPart)], { error: TEXT_ONLY }),
  }),
  z.looseObject({
    type: z.literal('message').optional(),
    role: z.literal('assistant'),
    content: z.union([z.string(), z.array(z.union([textPart, refusalPart]))], {
      error: TEXT_ONLY,
    }),
  }),
]);

const functionCall = z.looseObject({
  type: z.literal('function_call'),
  call_id: callId,
  name: z.string().max(256),
  arguments: z.string(),
});

const functionOutput = z.looseObject({
  type: z.literal('function_call_output'),
  call_id: callId,
  output: z.union([z.string(), z.array(textPart)]),
});

/** Sealed for the vendor that wrote it; nobody else can read it. */
const reasoning = z.looseObject({ type: z.literal('reasoning') });

/** What the client sends in full. */
export const inputItem = z.union([functionCall, functionOutput, reasoning, inputMessage]);

export type InputItem = z.infer<typeof inputItem>;

/** An item of an earlier response, by its id. */
const itemReference = z.strictObject({
  type: z.literal('item_reference'),
  id: z.string().max(160),
});

export const responseInput = z.union(
  [
    z.string().min(1),
    z
      .array(z.union([itemReference, inputItem]))
      .min(1)
      .max(1_000),
  ],
  { error: `must be a text or documented items, and their content ${TEXT_ONLY}` },
);

export type ResponseInput = z.infer<typeof responseInput>;

/**
 * `mayAnswer`: outputs of calls that are not in the input are of an earlier response. The turn answers
 * the user's message, or goes on with what the client's tools have said.
 */
export function toMessages(
  input: string | readonly InputItem[],
  mayAnswer: boolean,
): Result<readonly Message[], PointerError> {
  if (typeof input === 'string') return ok([toUserMessage(input)]);
  const toolNames = new Map<string, string>();
  const messages: Message[] = [];
  for (const [index, item] of input.entries()) {
    const isAnswer = item.type === 'function_call_output';
    if (isAnswer && !mayAnswer && !toolNames.has(item.call_id)) {
      const detail = 'it must be of a call in the input, or of the previous response';
      return err({ pointer: `/input/${index}/call_id`, detail });
    }
    append(messages, item, toolNames);
  }
  const last = messages.at(-1)?.role;
  if (last === 'user' || last === 'tool') return ok(messages);
  const pointer = `/input/${input.length - 1}`;
  return err({ pointer, detail: 'the last item must be a user message or an output of a call' });
}

function append(messages: Message[], item: InputItem, toolNames: Map<string, string>): void {
  if (item.type === 'reasoning') return;
  if (item.type === 'function_call') {
    toolNames.set(item.call_id, item.name);
    appendCall(messages, {
      id: item.call_id,
      name: item.name,
      argumentsText: item.arguments,
    });
  } else if (item.type === 'function_call_output') {
    messages.push(
      toToolMessage({
        modelCallId: item.call_id,
        toolName: toolNames.get(item.call_id) ?? '',
        content: toText(item.output),
        isError: false,
      }),
    );
  } else {
    messages.push(toMessage(item));
  }
}

/** Calls of one reply stand in one message, beside what it says. */
function appendCall(messages: Message[], call: WrittenToolCall): void {
  const last = messages.at(-1);
  if (last?.role === 'assistant') {
    messages[messages.length - 1] = { ...last, toolCalls: [...last.toolCalls, call] };
    return;
  }
  messages.push(toAssistantMessage('', [call]));
}

function toMessage({ role, content }: z.infer<typeof inputMessage>): Message {
  const text = toText(content);
  if (role === 'user') return toUserMessage(text);
  return role === 'assistant' ? toAssistantMessage(text, []) : toSystemMessage(text);
}
