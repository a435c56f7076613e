/**
 * An outside consumer takes messages: first those that came first, under a lease, until it says that
 * it is done with them.
 *
 * @module
 */

import { bodyBytes } from '../../core/blocks/block-body.ts';
import { matchesPattern } from '../../core/blocks/message-pattern.ts';
import type { JsonValue } from '../../core/primitives/json.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import type { StoredMessage } from '../kit/mailbox-store.ts';
import { requireCapability } from './act-as-block.ts';
import type { BlockActor, BlockRefusal, ReceivedMessage, ReceiveQuery } from './block-api.ts';
import { type BlockParts, MAIL, transact } from './block-parts.ts';
import { readHeld } from './held-messages.ts';
import { endedMeanwhile } from './refusals.ts';

/** Once that many bytes of bodies are taken, no further message is: an answer stays bounded. */
const MAX_TAKEN_BYTES = 8_388_608;

export interface Receiving {
  readonly actor: BlockActor;
  readonly query: ReceiveQuery;
  /** Whether he may by now: what was revoked while he waited gives him nothing. */
  readonly mayStill: (actor: BlockActor) => Promise<boolean>;
}

/** Waits until something matches, or the time is over. Empty when the block has ended meanwhile. */
export async function receiveMessages(
  parts: BlockParts,
  receiving: Receiving,
): Promise<Result<readonly ReceivedMessage[], BlockRefusal>> {
  const allowed = await requireCapability(parts, receiving.actor, 'block:receive');
  return allowed.ok ? await waitForMessages(parts, receiving) : allowed;
}

async function waitForMessages(
  parts: BlockParts,
  { actor, query, mayStill }: Receiving,
): Promise<Result<readonly ReceivedMessage[], BlockRefusal>> {
  const until = parts.now() + query.timeoutMs;
  for (;;) {
    if (parts.facts.alive() === undefined) return ok([]);
    const taken = takeMessages(parts, query);
    const now = parts.now();
    if (taken.length > 0 || now >= until) return ok(taken);
    // A lease that ends is no event: look again when the next one does.
    const leaseEnd = parts.mailbox.nextLeaseEnd(now) ?? until;
    await parts.waiters.wait(MAIL, Math.max(1, Math.min(until, leaseEnd) - now));
    const [head] = parts.mailbox.heads();
    if (head !== undefined && parts.facts.alive() && !(await mayStill(actor))) {
      return err(endedMeanwhile('block:receive'));
    }
  }
}

export interface Taking extends Pick<ReceiveQuery, 'match' | 'max' | 'leaseMs' | 'take'> {
  /** What the leases begin with, for who may give all of his back at once. A take's name is one. */
  readonly holder?: string;
}

/** Those that match, in order, at most `max` of them, leased in one transaction. */
export function takeMessages(parts: BlockParts, query: Taking): ReceivedMessage[] {
  const facts = parts.facts.alive();
  if (facts === undefined || facts.isInheriting) return [];
  const held = query.take === undefined ? [] : readHeld(parts, query.take);
  if (held.length > 0) return [...held];
  const chosen = choose(parts, query);
  if (chosen.length === 0) return [];
  const until = parts.now() + query.leaseMs;
  return transact(parts, () =>
    chosen.map((message) => {
      const lease = parts.newId(query.take ?? query.holder ?? 'lease');
      parts.mailbox.lease(message.seq, lease, until);
      const { leasedUntil: _, ...received } = message;
      return { ...received, lease };
    }),
  );
}

/** Done with those whose lease still runs; answers which. Later ones of their senders are free now. */
export async function acknowledgeMessages(
  parts: BlockParts,
  actor: BlockActor,
  leases: readonly string[],
): Promise<Result<readonly string[], BlockRefusal>> {
  const allowed = await requireCapability(parts, actor, 'block:receive');
  if (!allowed.ok) return allowed;
  const done = transact(parts, () =>
    leases.filter((lease) => {
      const held = parts.mailbox.leased(lease, parts.now());
      if (held !== undefined) parts.mailbox.remove(held.seq);
      return held !== undefined;
    }),
  );
  parts.waiters.wake(MAIL);
  return ok(done);
}

/**
 * A message that is leased, that the block itself is at, or that was tried before, holds up later ones of
 * its sender, and nobody else's. One that merely does not match holds up nobody.
 */
function choose(parts: BlockParts, { match, max }: Taking): StoredMessage[] {
  const now = parts.now();
  const chosen: StoredMessage[] = [];
  let bytes = 0;
  const heldUp = new Set<string>();
  for (const head of parts.mailbox.heads()) {
    if (chosen.length === max || bytes >= MAX_TAKEN_BYTES) break;
    if (head.leasedUntil > now || head.seq === parts.mailbox.inHand) heldUp.add(head.from);
    if (heldUp.has(head.from)) continue;
    const message = parts.mailbox.read(head.seq);
    if (message !== undefined && isWanted(match, message)) {
      chosen.push(message);
      bytes += bodyBytes(message.body);
    } else if (head.attempts > 0) heldUp.add(head.from);
  }
  return chosen;
}

/** Bytes match nothing but the absence of a pattern. */
function isWanted(match: JsonValue | undefined, { body }: StoredMessage): boolean {
  if (match === undefined) return true;
  return typeof body === 'string' && matchesPattern(match, JSON.parse(body));
}
