/**
 * Messages and calls of principals: straight into the mailbox, in one transaction, before they are
 * told.
 *
 * @module
 */

import { type BlockBody, bodyBytes, MAX_BODY_BYTES } from '../../core/blocks/block-body.ts';
import type { Envelope } from '../../core/blocks/block-signal.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { sha256Hex } from '../kit/keys.ts';
import { admitMessage } from './admit-message.ts';
import type { BlockActor, BlockRefusal, OutsideMessage, SentMessage } from './block-api.ts';
import { type BlockParts, transact } from './block-parts.ts';
import type { Calls } from './calls.ts';
import type { BlockFacts } from './facts-store.ts';
import { endedMeanwhile, MAILBOX_FULL, NOPROC, refusal, tooFast, UNANSWERED } from './refusals.ts';

export function sendFromOutside(
  parts: BlockParts,
  message: OutsideMessage,
  correlationId?: string,
): Result<SentMessage, BlockRefusal> {
  return transact(parts, () => take(parts, { message, correlationId }));
}

/** In one transaction, which those that are refused do not end. */
export function sendManyFromOutside(
  parts: BlockParts,
  messages: readonly OutsideMessage[],
): readonly Result<SentMessage, BlockRefusal>[] {
  return transact(parts, () =>
    messages.map((message) => take(parts, { message, correlationId: undefined })),
  );
}

/** Part of a transaction. */
function take(parts: BlockParts, { message, correlationId }: Outside): Taken {
  const facts = parts.facts.alive();
  if (facts === undefined) return err(NOPROC);
  if (bodyBytes(message.body) > MAX_BODY_BYTES) {
    return err(refusal('payload_too_large', `A body has at most ${MAX_BODY_BYTES} bytes`));
  }
  const known = findKnown(parts, message);
  if (known !== undefined) return known;
  const sent = accept(parts, facts, { message, correlationId });
  const { acceptance } = sent;
  if (acceptance.kind === 'mailbox-full') return err(MAILBOX_FULL);
  if (acceptance.kind === 'rate-limited') return err(tooFast(acceptance.retryAfterMs));
  return ok(sent);
}

type Taken = Result<SentMessage, BlockRefusal>;

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

function findKnown(
  parts: BlockParts,
  { from, messageId, body }: OutsideMessage,
): Result<SentMessage, BlockRefusal> | undefined {
  if (messageId === undefined) return undefined;
  const known = parts.knownIds.find(toPrincipalName(from.principal), messageId, parts.now());
  if (known === undefined) return undefined;
  return known.bodyHash === hashOf(body)
    ? ok({ messageId, acceptance: known.acceptance, known: true })
    : err(refusal('conflict', 'The message id was used for another body'));
}

interface Outside {
  readonly message: OutsideMessage;
  readonly correlationId: string | undefined;
}

/** Part of a transaction. What was rejected may be sent again under its id. */
function accept(
  parts: BlockParts,
  facts: BlockFacts,
  { message: { from, body, label, messageId: given }, correlationId }: Outside,
): SentMessage {
  const sender = toPrincipalName(from.principal);
  const messageId = given ?? parts.newId('msg');
  const acceptance = admitMessage(parts, facts, {
    from: sender,
    messageId,
    body,
    label,
    traceId: from.requestId,
    ...(correlationId !== undefined && { correlationId }),
  });
  const isTaken = acceptance.kind === 'accepted' || acceptance.kind === 'dropped';
  if (given !== undefined && isTaken) {
    parts.knownIds.add(sender, given, { bodyHash: hashOf(body), acceptance }, parts.now());
  }
  return { messageId, acceptance, known: false };
}

function hashOf(body: BlockBody): string {
  return sha256Hex(body);
}
