/** Small conversations for tests of provenance. */

import type { Message } from '../../../src/core/conversation/message.ts';
import { PRINCIPAL_LABEL, UNTRUSTED_LABEL } from '../../../src/core/policy/labels.ts';
import { HeardValues } from '../../../src/core/provenance/heard-values.ts';
import type { TrustedFields } from '../../../src/core/provenance/trusted-fields.ts';

export const says = (content: string): Message => ({
  role: 'user',
  content,
  label: PRINCIPAL_LABEL,
});

export const isTold = (content: string): Message => ({
  role: 'user',
  content,
  label: UNTRUSTED_LABEL,
});

/** A call and its result, of which the tool vouches for these fields. */
export function reads(result: unknown, fields?: TrustedFields, args: object = {}): Message[] {
  const id = `call_${JSON.stringify([result, args])}`;
  return [
    {
      role: 'assistant',
      content: '',
      toolCalls: [{ id, name: 'read', argumentsText: JSON.stringify(args) }],
      label: UNTRUSTED_LABEL,
    },
    {
      role: 'tool',
      modelCallId: id,
      toolName: 'read',
      content: typeof result === 'string' && fields === undefined ? result : JSON.stringify(result),
      isError: false,
      label: UNTRUSTED_LABEL,
      ...(fields !== undefined && { fields }),
    },
  ];
}

export function knowing(...messages: readonly (Message | readonly Message[])[]): HeardValues {
  return new HeardValues(messages.flat());
}

export const originIn = (text: string, value: string | number) =>
  knowing(says(text)).originOf(value, 'folded');
