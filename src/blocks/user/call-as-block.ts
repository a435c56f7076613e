/**
 * A block calls another: it sends a message, and whoever acts as it waits for the answer.
 *
 * @module
 */

import type { Acceptance } from '../../core/blocks/block-signal.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import type { BlockAct, BlockActAnswer, BlockRefusal } from './block-api.ts';
import type { BlockParts } from './block-parts.ts';
import type { Calls } from './calls.ts';
import type { Courier } from './courier.ts';
import { MAILBOX_FULL, NOPROC, OTHER_BODY, tooFast, tooManyIds, UNANSWERED } from './refusals.ts';
import { sendAll } from './send-as-block.ts';

/** What goes out of a block, and what comes back to it. */
export interface BlockLines {
  readonly courier: Courier;
  readonly calls: Calls;
}

type CallAct = Extract<BlockAct, { readonly kind: 'call' }>;

/** Resolves with the answer, with why the message was not taken, or once the time is over. */
export async function callAsBlock(
  parts: BlockParts,
  { courier, calls }: BlockLines,
  { to, envelope, timeoutMs }: CallAct,
): Promise<Result<BlockActAnswer, BlockRefusal>> {
  const correlationId = parts.newId('call');
  const answer = calls.wait(correlationId, timeoutMs);
  let refused: BlockRefusal | undefined;
  const sending = sendAll(courier, { to, envelopes: [{ ...envelope, correlationId }] });
  void sending.then(([sent]) => {
    refused = sent === undefined ? NOPROC : refusalOf(sent.acceptance);
    if (refused !== undefined) calls.giveUp(correlationId);
  });
  const answered = await answer;
  if (answered !== undefined) return ok({ kind: 'answered', envelope: answered });
  return err(refused ?? (parts.facts.alive() === undefined ? NOPROC : UNANSWERED));
}

function refusalOf(acceptance: Acceptance): BlockRefusal | undefined {
  switch (acceptance.kind) {
    case 'accepted':
      return undefined;
    case 'noproc':
      return NOPROC;
    case 'rate-limited':
      return tooFast(acceptance.retryAfterMs);
    case 'too-many-ids':
      return tooManyIds(acceptance.retryAfterMs);
    case 'other-body':
      return OTHER_BODY;
    case 'dropped':
    case 'mailbox-full':
      return MAILBOX_FULL;
  }
}
