/**
 * A restarted child goes on with the messages that its last life left.
 *
 * They keep their numbers, and what comes to the new life has higher ones from its first moment: it
 * counts on from the last number of the life before. So the order of every sender is kept, whatever
 * comes first.
 *
 * @module
 */

import type { BlockId } from '../../core/primitives/ids.ts';
import type { BirthOrder } from './block-api.ts';
import { type BlockParts, MAIL, transact } from './block-parts.ts';
import type { LeftMessage } from './checkpoint-api.ts';

/** Asks a dead block for what it has left. */
export type AskLeft = (
  from: BlockId,
  after: number,
  limit: number,
) => Promise<readonly LeftMessage[]>;

/** Timer of the task that asks. */
const INHERIT_TIMER = 'inherit';

/** More messages than a life ever gets: for whoever comes after one that has not said its last number. */
const NUMBERS_OF_A_LIFE = 1_000_000_000_000;

const PAGE = 20;

/** What comes to this life itself has higher numbers. */
export function numbersFrom({ inherit }: Pick<BirthOrder, 'inherit'>): number {
  return inherit?.lastSeq ?? (inherit?.generation ?? 0) * NUMBERS_OF_A_LIFE;
}

/** Part of the transaction of birth. */
export function beginInheriting(parts: BlockParts, order: BirthOrder): void {
  parts.mailbox.countFrom(numbersFrom(order));
  parts.facts.update({ isInheriting: true });
  parts.timers.set(INHERIT_TIMER, parts.now());
}

/**
 * Takes over page by page; again from where it was when it was cut off. Also a life that has ended
 * meanwhile: the next one asks nobody but this one.
 */
export async function inheritMessages(parts: BlockParts, ask: AskLeft): Promise<void> {
  const order = parts.facts.read()?.order;
  if (order?.inherit === undefined) return;
  const base = numbersFrom(order);
  while (parts.facts.read()?.isInheriting === true) {
    const after = parts.mailbox.lastSeqBelow(base);
    const left = await ask(order.inherit.from, after, PAGE);
    // Whoever else waits for the same may have come first.
    if (parts.facts.read() === undefined || parts.mailbox.lastSeqBelow(base) !== after) continue;
    transact(parts, () => {
      for (const message of left) parts.mailbox.putBack(message);
      if (left.length === 0) parts.facts.update({ isInheriting: false });
    });
  }
  parts.waiters.wake(MAIL);
}

/** What a dead block has left, signals not included: they were about the life that is over. */
export function* leftMessages(parts: BlockParts, after: number): Generator<LeftMessage> {
  for (const { seq } of parts.mailbox.heads()) {
    const message = seq > after ? parts.mailbox.read(seq) : undefined;
    if (message === undefined || message.signal) continue;
    const { body, attempts, leasedUntil: _, seq: __, ...facts } = message;
    yield { seq, facts, body, attempts };
  }
}
