/**
 * Takes messages into the mailbox as fast as the block wants them.
 *
 * @module
 */

import type { Acceptance } from '../../core/blocks/block-signal.ts';
import { acceptMessage, type Incoming } from './accept-message.ts';
import type { BlockParts } from './block-parts.ts';
import type { BlockFacts } from './facts-store.ts';

/**
 * Part of a transaction. What comes too fast is refused and counted, whatever the mailbox does when it
 * is full: older messages that made room would not make it slower. Only `drop-new` drops it, and tells
 * a block so; others are told when to send it again.
 */
export function admitMessage(parts: BlockParts, facts: BlockFacts, incoming: Incoming): Acceptance {
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
