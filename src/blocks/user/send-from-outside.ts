/**
 * Messages and calls of principals: straight into the mailbox, in one transaction, before they are
 * told.
 *
 * @module
 */

import { bodyBytes, MAX_BODY_BYTES } from '../../core/blocks/block-body.ts';
import type { Envelope } from '../../core/blocks/block-signal.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { admitMessage } from './admit-message.ts';
import type { BlockActor, BlockRefusal, MessageAnswer, OutsideMessage } from './block-api.ts';
import { type BlockParts, transact } from './block-parts.ts';
import type { Calls } from './calls.ts';
import {
  endedMeanwhile,
  MAILBOX_FULL,
  NOPROC,
  OTHER_BODY,
  refusal,
  tooFast,
  tooManyIds,
  UNANSWERED,
} from './refusals.ts';

export function sendFromOutside(
  parts: BlockParts,
  message: OutsideMessage,
  correlationId?: string,
): Taken {
  return transact(parts, () => take(parts, { message, correlationId }));
}

/** In one transaction, which those that are refused do not end. */
export function sendManyFromOutside(
  parts: BlockParts,
  messages: readonly OutsideMessage[],
): readonly Taken[] {
  return transact(parts, () =>
    messages.map((message) => take(parts, { message, correlationId: undefined })),
  );
}

/** Part of a transaction. */
function take(parts: BlockParts, { message, correlationId }: Outside): Taken {
  const { from, body, label, messageId: given } = message;
  const facts = parts.facts.alive();
  if (facts === undefined) return err(NOPROC);
  if (bodyBytes(body) > MAX_BODY_BYTES) {
    return err(refusal('payload_too_large', `A body has at most ${MAX_BODY_BYTES} bytes`));
  }
  const messageId = given ?? parts.newId('msg');
  const acceptance = admitMessage(parts, facts, {
    from: toPrincipalName(from.principal),
    messageId,
    ...(given !== undefined && { hasOwnId: true }),
    body,
    label,
    traceId: from.requestId,
    ...(correlationId !== undefined && { correlationId }),
  });
  switch (acceptance.kind) {
    case 'mailbox-full':
      return err(MAILBOX_FULL);
    case 'rate-limited':
      return err(tooFast(acceptance.retryAfterMs));
    case 'too-many-ids':
      return err(tooManyIds(acceptance.retryAfterMs));
    case 'other-body':
      return err(OTHER_BODY);
    default:
      return ok({ messageId, acceptance });
  }
}

interface Outside {
  readonly message: OutsideMessage;
  readonly correlationId: string | undefined;
}

type Taken = Result<MessageAnswer, BlockRefusal>;

export interface OutsideCall {
  readonly message: OutsideMessage;
  readonly timeoutMs: number;
  /** Whether he may by now: what was revoked while he waited gives him nothing. */
  readonly mayStill: (caller: BlockActor) => Promise<boolean>;
}

/** Puts the message into the mailbox and waits for whoever answers it. */
export async function callFromOutside(
  parts: BlockParts,
  calls: Calls,
  { message, timeoutMs, mayStill }: OutsideCall,
): Promise<Result<Envelope, BlockRefusal>> {
  const correlationId = parts.newId('call');
  const answer = calls.wait(correlationId, timeoutMs);
  const sent = sendFromOutside(parts, message, correlationId);
  const isRefused = !sent.ok || sent.value.acceptance.kind === 'dropped';
  if (isRefused) calls.giveUp(correlationId);
  if (!sent.ok) return sent;
  if (isRefused) return err(MAILBOX_FULL);
  const envelope = await answer;
  if (envelope !== undefined) {
    return (await mayStill(message.from)) ? ok(envelope) : err(endedMeanwhile('block:send'));
  }
  return err(parts.facts.alive() === undefined ? NOPROC : UNANSWERED);
}
