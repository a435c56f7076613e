/**
 * Messages of a conversation, made of what a client sends.
 *
 * Only the principal's own `user` messages are trusted. What a client sends as the assistant's, as a
 * tool's or as system may have been written by anybody.
 *
 * @module
 */

import * as z from 'zod';
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

/** What OpenAI's models say instead of an answer; it comes back with the history. */
export const refusalPart = z.looseObject({ type: z.literal('refusal'), refusal: z.string() });

type TextPart = { readonly text: string } | { readonly refusal: string };

/** A text, or the texts of its parts. What a model has refused with are words of its like any others. */
export function toText(value: string | readonly TextPart[]): string {
  if (typeof value === 'string') return value;
  return value.map((part) => ('text' in part ? part.text : part.refusal)).join('');
}
