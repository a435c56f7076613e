/**
 * A block sends messages to another, and whoever acts as it waits until they were taken.
 *
 * @module
 */

import type { Acceptance, Envelope } from '../../core/blocks/block-signal.ts';
import type { BlockId } from '../../core/primitives/ids.ts';
import type { MessageAnswer } from './block-api.ts';
import type { Courier } from './courier.ts';

/** Resolves once the receiver has answered to each, or has not for too long. */
export async function sendAll(
  courier: Courier,
  { to, envelopes }: { readonly to: BlockId; readonly envelopes: readonly Envelope[] },
): Promise<MessageAnswer[]> {
  const signals = envelopes.map((envelope) => ({ kind: 'message', envelope }) as const);
  const first = courier.tellDirectly(to, signals);
  const answers = envelopes.map((_, index) => courier.answers.wait(to, first + index));
  const acceptances = await Promise.all(answers);
  return envelopes.map(({ messageId }, index) => ({
    messageId,
    acceptance: acceptances[index] ?? PENDING,
  }));
}

/** On its way: it will be told until the receiver has it. */
const PENDING: Acceptance = { kind: 'accepted', seq: 0 };
