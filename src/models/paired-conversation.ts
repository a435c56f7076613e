/**
 * A conversation in the one shape that every vendor accepts.
 *
 * Vendors refuse a follow-up in which a call has no result, a result no call, two calls share an
 * id, or a name holds characters that no tool has. Histories come from other models and from
 * clients, so all of that occurs. Here each call is paired with its result; what has no partner is
 * kept as plain text, since leaving it out would hide from the model what happened.
 *
 * @module
 */

import { ARGUMENT_LIMITS } from '../core/checks/parse.ts';
import type { AssistantMessage, Message, ToolMessage } from '../core/conversation/message.ts';
import type { WrittenToolCall } from '../core/conversation/tool-call.ts';
import { isJsonObject, type JsonObject } from '../core/primitives/json.ts';
import { parseJson } from '../core/primitives/parse-json.ts';

export interface PairedCall {
  /** Unique in the conversation, and made of characters that every vendor accepts. */
  readonly id: string;
  readonly name: string;
  readonly input: JsonObject;
  readonly result: string;
  readonly isError: boolean;
}

export type Passage =
  /** Only at the beginning; a later note of the system is a user passage that says so. */
  | { readonly kind: 'system'; readonly text: string }
  | { readonly kind: 'user'; readonly text: string }
  | {
      readonly kind: 'assistant';
      readonly message: AssistantMessage;
      readonly calls: readonly PairedCall[];
    };

const USABLE_ID = /^[A-Za-z0-9_-]{1,64}$/;
const MAX_NAME_CHARACTERS = 64;
const NO_RESULT = 'This tool call has no result.';

export function toPassages(messages: readonly Message[]): readonly Passage[] {
  const passages: Passage[] = [];
  const usedIds = new Set<string>();
  for (let at = 0; at < messages.length; at++) {
    const message = messages[at] as Message;
    if (message.role !== 'assistant') {
      passages.push(toPlainPassage(message, passages));
      continue;
    }
    const results = toolMessagesAfter(messages, at);
    const paired = pairCalls(message.toolCalls, results, usedIds);
    if (message.content !== '' || paired.calls.length > 0) {
      passages.push({ kind: 'assistant', message, calls: paired.calls });
    }
    passages.push(...paired.orphans.map(toOrphanPassage));
    at += results.length;
  }
  return passages;
}

function toPlainPassage(
  message: Exclude<Message, AssistantMessage>,
  before: readonly Passage[],
): Passage {
  if (message.role === 'tool') return toOrphanPassage(message);
  const text = message.content.trim() === '' ? '(empty message)' : message.content;
  if (message.role === 'user') return { kind: 'user', text };
  return before.every(({ kind }) => kind === 'system')
    ? { kind: 'system', text }
    : { kind: 'user', text: `Note from the system: ${text}` };
}

function toOrphanPassage(message: ToolMessage): Passage {
  return { kind: 'user', text: `Result of the tool ${message.toolName}: ${message.content}` };
}

function toolMessagesAfter(messages: readonly Message[], at: number): readonly ToolMessage[] {
  const results: ToolMessage[] = [];
  for (const message of messages.slice(at + 1)) {
    if (message.role !== 'tool') break;
    results.push(message);
  }
  return results;
}

function pairCalls(
  calls: readonly WrittenToolCall[],
  results: readonly ToolMessage[],
  usedIds: Set<string>,
): { readonly calls: readonly PairedCall[]; readonly orphans: readonly ToolMessage[] } {
  const orphans = [...results];
  const paired = calls.map((call) => {
    const found = orphans.findIndex(({ modelCallId }) => modelCallId === call.id);
    const [result] = found === -1 ? [] : orphans.splice(found, 1);
    return {
      id: takeId(call.id, usedIds),
      name: toUsableName(call.name),
      input: toInput(call.argumentsText),
      result: result?.content ?? NO_RESULT,
      isError: result?.isError ?? true,
    };
  });
  return { calls: paired, orphans };
}

function takeId(written: string, usedIds: Set<string>): string {
  let id = written;
  for (let next = usedIds.size; !USABLE_ID.test(id) || usedIds.has(id); next++) id = `call_${next}`;
  usedIds.add(id);
  return id;
}

function toUsableName(written: string): string {
  const name = written.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, MAX_NAME_CHARACTERS);
  return name === '' ? 'unnamed' : name;
}

/**
 * Arguments as an object. A text that no call may have is shown to the model as what it wrote: nested
 * without end, it could be sent to no vendor, and the conversation would be over.
 */
function toInput(argumentsText: string): JsonObject {
  if (argumentsText === '') return {};
  const read = parseJson(argumentsText, ARGUMENT_LIMITS);
  return read.ok && isJsonObject(read.value) ? read.value : { malformed: argumentsText };
}
