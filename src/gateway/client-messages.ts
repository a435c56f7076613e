/**
 * Messages of a conversation, made of what a client sends.
 *
 * Only the principal's own `user` messages are trusted. What a client sends as the assistant's, as a
 * tool's or as system may have been written by anybody.
 *
 * @module
 */

import type { AssistantMessage, Message, ToolMessage } from '../core/conversation/message.ts';
import { PRINCIPAL_LABEL, UNTRUSTED_LABEL } from '../core/policy/labels.ts';

export function toUserMessage(content: string): Message {
  return { role: 'user', content, label: PRINCIPAL_LABEL };
}

export function toSystemMessage(content: string): Message {
  return { role: 'system', content, label: UNTRUSTED_LABEL };
}

export function toAssistantMessage(
  content: string,
  toolCalls: AssistantMessage['toolCalls'],
): AssistantMessage {
  return { role: 'assistant', content, toolCalls, label: UNTRUSTED_LABEL };
}

export function toToolMessage(answer: Omit<ToolMessage, 'role' | 'label' | 'fields'>): ToolMessage {
  return { role: 'tool', ...answer, label: UNTRUSTED_LABEL };
}

/** What is said of content that is no text: nothing is passed on that no scanner can read. */
export const TEXT_ONLY = 'must be text: no model is shown pictures, sounds or files here';

/** A text, or the texts of its parts. */
export function toText(value: string | readonly { readonly text: string }[]): string {
  return typeof value === 'string' ? value : value.map(({ text }) => text).join('');
}
