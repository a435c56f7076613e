/**
 * The answer of an outside consumer to a call that it has received.
 *
 * @module
 */

import { type BlockBody, bodyBytes, MAX_BODY_BYTES } from '../../core/blocks/block-body.ts';
import type { Envelope } from '../../core/blocks/block-signal.ts';
import { UNTRUSTED_LABEL } from '../../core/policy/labels.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { requireCapability } from './act-as-block.ts';
import type { BlockActor, BlockRefusal } from './block-api.ts';
import { type BlockParts, MAIL, sendSoon, transact } from './block-parts.ts';
import type { Calls } from './calls.ts';
import { refusal } from './refusals.ts';
import { exhausted, spend } from './spend-budget.ts';

export interface ReplyRequest {
  readonly actor: BlockActor;
  readonly lease: string;
  readonly body: BlockBody;
}

/** Once: the message is done with, and its lease is used up. */
export async function replyToCall(
  parts: BlockParts,
  calls: Calls,
  { actor, lease, body }: ReplyRequest,
): Promise<Result<true, BlockRefusal>> {
  const allowed = await requireCapability(parts, actor, 'block:send');
  if (!allowed.ok) return allowed;
  if (bodyBytes(body) > MAX_BODY_BYTES) {
    return err(refusal('payload_too_large', `A body has at most ${MAX_BODY_BYTES} bytes`));
  }
  const message = parts.mailbox.leased(lease, parts.now());
  if (message === undefined) return err(refusal('conflict', 'The lease is over, or was used'));
  const { correlationId, from, seq, traceId } = message;
  if (correlationId === undefined) {
    return err(refusal('conflict', 'The message is no call: nobody waits for an answer'));
  }
  const envelope: Envelope = {
    messageId: parts.newId('msg'),
    body,
    label: UNTRUSTED_LABEL,
    correlationId,
    ...(traceId !== undefined && { traceId }),
  };
  const paid = transact(parts, () => {
    const spent = spend(parts, { messages: 1 });
    if (!spent.ok) return spent;
    parts.mailbox.remove(seq);
    if (from.startsWith('block:')) {
      parts.pairs.say(from.slice(6), { kind: 'reply', envelope });
      sendSoon(parts);
    } else if (!calls.answer(correlationId, envelope)) parts.facts.count('lateReplies');
    return spent;
  });
  if (!paid.ok) return err(exhausted(paid.error));
  parts.waiters.wake(MAIL);
  return ok(true);
}
