/**
 * An outside consumer takes messages: first those that came first, under a lease, until it says that
 * it is done with them.
 *
 * @module
 */

import { matchesPattern } from '../../core/blocks/message-pattern.ts';
import type { JsonValue } from '../../core/primitives/json.ts';
import type { StoredMessage } from '../kit/mailbox-store.ts';
import type { ReceivedMessage, ReceiveQuery } from './block-api.ts';
import { type BlockParts, MAIL, transact } from './block-parts.ts';

/** Waits until something matches, or the time is over. Empty when the block has ended meanwhile. */
export async function receiveMessages(
  parts: BlockParts,
  query: ReceiveQuery,
): Promise<readonly ReceivedMessage[]> {
  const until = parts.now() + query.timeoutMs;
  for (;;) {
    if (parts.facts.alive() === undefined) return [];
    const taken = takeMessages(parts, query);
    const now = parts.now();
    if (taken.length > 0 || now >= until) return taken;
    // A lease that ends is no event: look again when the next one does.
    const leaseEnd = parts.mailbox.nextLeaseEnd(now) ?? until;
    await parts.waiters.wait(MAIL, Math.max(1, Math.min(until, leaseEnd) - now));
  }
}

/** Those that match, in order, at most `max` of them, leased in one transaction. */
function takeMessages(parts: BlockParts, query: ReceiveQuery): ReceivedMessage[] {
  if (parts.facts.alive()?.isInheriting) return [];
  const chosen = choose(parts, query);
  if (chosen.length === 0) return [];
  const until = parts.now() + query.leaseMs;
  return transact(parts, () =>
    chosen.map((message) => {
      const lease = parts.newId('lease');
      parts.mailbox.lease(message.seq, lease, until);
      const { leasedUntil: _, ...received } = message;
      return { ...received, lease };
    }),
  );
}

/**
 * A message that is leased, or was tried before, holds up later ones of its sender, and nobody
 * else's. One that merely does not match holds up nobody.
 */
function choose(parts: BlockParts, { match, max }: ReceiveQuery): StoredMessage[] {
  const now = parts.now();
  const chosen: StoredMessage[] = [];
  const heldUp = new Set<string>();
  for (const head of parts.mailbox.heads()) {
    if (chosen.length === max) break;
    if (head.leasedUntil > now) heldUp.add(head.from);
    if (heldUp.has(head.from)) continue;
    const message = parts.mailbox.read(head.seq);
    if (message !== undefined && isWanted(match, message)) chosen.push(message);
    else if (head.attempts > 0) heldUp.add(head.from);
  }
  return chosen;
}

/** Bytes match nothing but the absence of a pattern. */
function isWanted(match: JsonValue | undefined, { body }: StoredMessage): boolean {
  if (match === undefined) return true;
  return typeof body === 'string' && matchesPattern(match, JSON.parse(body));
}
