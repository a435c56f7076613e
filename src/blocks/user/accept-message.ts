/**
 * Takes a message into the mailbox, as far as its limits allow.
 *
 * @module
 */

import { type BlockBody, bodyBytes } from '../../core/blocks/block-body.ts';
import type { Acceptance, Envelope } from '../../core/blocks/block-signal.ts';
import { decideOverflow } from '../../core/blocks/overflow.ts';
import { Fault } from '../../core/errors/fault.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import type { BlockRefusal } from './block-api.ts';
import { type BlockParts, MAIL, transact } from './block-parts.ts';
import { deadLetter, takeDeadLetter } from './dead-letters.ts';
import { endBlock } from './end-block.ts';
import type { BlockFacts } from './facts-store.ts';
import { refusal } from './refusals.ts';

export interface Incoming extends Envelope {
  readonly from: string;
}

/** Part of a transaction. Each way of not accepting is counted. */
export function acceptMessage(
  parts: BlockParts,
  { order: { limits } }: BlockFacts,
  { body, ...facts }: Incoming,
): Acceptance {
  for (;;) {
    const decision = decideOverflow(limits, parts.mailbox.load(), {
      bytes: bodyBytes(body),
      canMakeRoom: limits.overflow === 'drop-old' && oldestFree(parts) !== undefined,
    });
    if (decision === 'make-room') dropOldest(parts);
    else if (decision === 'accept') return accept(parts, facts, body);
    else return refuse(parts, decision);
  }
}

function accept(parts: BlockParts, facts: Omit<Incoming, 'body'>, body: BlockBody): Acceptance {
  const seq = parts.mailbox.add(facts, body);
  parts.waiters.wake(MAIL);
  return { kind: 'accepted', seq };
}

function refuse(parts: BlockParts, decision: 'reject' | 'drop' | 'crash'): Acceptance {
  if (decision === 'drop') {
    parts.facts.count('dropped');
    return { kind: 'dropped' };
  }
  parts.facts.count('rejected');
  if (decision === 'crash') endBlock(parts, { crash: 'mailbox_overflow' });
  return { kind: 'mailbox-full' };
}

function dropOldest(parts: BlockParts): void {
  const seq = oldestFree(parts);
  if (seq !== undefined) deadLetter(parts, seq, 'mailbox_overflow');
}

function oldestFree(parts: BlockParts): number | undefined {
  return parts.mailbox.oldestFree(parts.now());
}

/** Puts a dead letter back at the end, as if it had just come; its attempts are forgotten. */
export function redriveLetter(
  parts: BlockParts,
  facts: BlockFacts,
  seq: number,
): Result<true, BlockRefusal> {
  return transact(parts, () => {
    const letter = takeDeadLetter(parts, seq);
    if (letter === undefined) return err(refusal('noproc', 'There is no such dead letter'));
    const { seq: _, attempts: __, reason: ___, at: ____, ...message } = letter;
    const accepted = acceptMessage(parts, facts, message);
    if (accepted.kind === 'accepted') return ok(true);
    throw new Fault('mailbox_full');
  });
}
