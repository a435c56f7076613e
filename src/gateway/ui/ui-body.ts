/**
 * What a front end of the AI SDK sends: its chat with all messages, of which the last one says what it
 * wants.
 *
 * The conversation itself is the session's. Earlier messages are not read, so nobody can rewrite what
 * was said.
 *
 * @module
 */

import * as z from 'zod';
import { invalidBody, type Refusal } from '../refusal.ts';

const part = z.looseObject({
  type: z.string().max(256),
  text: z.string().optional(),
  state: z.string().max(64).optional(),
  approval: z.looseObject({ id: z.string().max(128), approved: z.boolean().optional() }).optional(),
});

const uiMessage = z.looseObject({
  id: z.string().max(128),
  role: z.enum(['system', 'user', 'assistant']),
  parts: z.array(part).max(10_000),
});

export const uiBody = z.strictObject({
  id: z.string().min(1).max(128),
  messages: z.array(uiMessage).min(1).max(10_000),
  trigger: z.enum(['submit-message', 'regenerate-message']).optional(),
  messageId: z.string().max(128).optional(),
  /** From the `body` option of the transport. */
  model: z.string().max(200).optional(),
});

type UiMessage = z.infer<typeof uiMessage>;

export type UiWish =
  | { readonly kind: 'said'; readonly messageId: string; readonly text: string }
  | { readonly kind: 'decided'; readonly decisions: readonly UiDecision[] };

export interface UiDecision {
  readonly id: string;
  readonly decision: 'approve' | 'deny';
}

/** @throws Refusal for what a session cannot do. */
export function toUiWish({ messages, trigger }: z.infer<typeof uiBody>): UiWish {
  const pointer = `/messages/${messages.length - 1}`;
  const last = messages.at(-1);
  if (trigger === 'regenerate-message') throw refuse('/trigger', 'what was said stays said');
  if (last?.role === 'assistant') {
    const decisions = last.parts.flatMap(toDecision);
    if (decisions.length > 0) return { kind: 'decided', decisions };
  }
  if (last?.role !== 'user') throw refuse(pointer, 'it must be from the user, or decide approvals');
  const text = toText(last, pointer);
  if (text === '') throw refuse(pointer, 'it must hold text');
  return { kind: 'said', messageId: last.id, text };
}

function toDecision({ state, approval }: z.infer<typeof part>): UiDecision[] {
  if (state !== 'approval-responded' || approval?.approved === undefined) return [];
  return [{ id: approval.id, decision: approval.approved ? 'approve' : 'deny' }];
}

function toText({ parts }: UiMessage, pointer: string): string {
  return parts
    .map(({ type, text }) => {
      if (type !== 'text') throw refuse(pointer, 'it must hold nothing but text');
      return text ?? '';
    })
    .join('\n');
}

function refuse(pointer: string, detail: string): Refusal {
  return invalidBody({ pointer, detail });
}
