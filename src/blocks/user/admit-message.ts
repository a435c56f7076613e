/**
 * Takes messages into the mailbox as fast as the block wants them, and those whose sender gave them an
 * id of his own once.
 *
 * @module
 */

import type { BlockBody } from '../../core/blocks/block-body.ts';
import type { Acceptance } from '../../core/blocks/block-signal.ts';
import { sha256Hex } from '../kit/keys.ts';
import { acceptMessage, type Incoming } from './accept-message.ts';
import type { BlockParts } from './block-parts.ts';
import type { BlockFacts } from './facts-store.ts';

/** Part of a transaction. What was refused may be sent again under its id. */
export function admitMessage(
  parts: BlockParts,
  facts: BlockFacts,
  { hasOwnId, ...incoming }: Incoming,
): Acceptance {
  if (hasOwnId !== true) return admit(parts, facts, incoming);
  const { from, messageId, body } = incoming;
  const known = parts.knownIds.find(from, messageId, parts.now());
  if (known !== undefined) {
    return known.bodyHash === hashOf(body) ? known.acceptance : { kind: 'other-body' };
  }
  const retryAfterMs = parts.knownIds.fullForMs(parts.now());
  if (retryAfterMs > 0) {
    parts.facts.count('rejected');
    return { kind: 'too-many-ids', retryAfterMs };
  }
  const acceptance = admit(parts, facts, incoming);
  if (acceptance.kind === 'accepted' || acceptance.kind === 'dropped') {
    parts.knownIds.add(from, messageId, { bodyHash: hashOf(body), acceptance }, parts.now());
  }
  return acceptance;
}

/**
 * What comes too fast is refused and counted, whatever the mailbox does when it is full: older messages
 * that made room would not make it slower. Only `drop-new` drops it, and tells a block so; others are
 * told when to send it again.
 */
function admit(parts: BlockParts, facts: BlockFacts, incoming: Incoming): Acceptance {
  const { messagesPerSecond, overflow } = facts.order.limits;
  const tooEarlyMs =
    messagesPerSecond === undefined ? 0 : parts.pace.take(messagesPerSecond, parts.now());
  if (tooEarlyMs === 0) return acceptMessage(parts, facts, incoming);
  if (overflow === 'drop-new' && incoming.from.startsWith('block:')) {
    parts.facts.count('dropped');
    return { kind: 'dropped' };
  }
  parts.facts.count('rejected');
  return { kind: 'rate-limited', retryAfterMs: tooEarlyMs };
}

function hashOf(body: BlockBody): string {
  return sha256Hex(body);
}
