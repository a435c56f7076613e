/**
 * A block as others see it.
 *
 * @module
 */

import type { BlockId } from '../../core/primitives/ids.ts';
import type { BlockDescription } from './block-api.ts';
import { type BlockParts, MAIL } from './block-parts.ts';

export function describeBlock(parts: BlockParts): BlockDescription | undefined {
  const facts = parts.facts.read();
  if (facts === undefined) return undefined;
  const { order, exit, trapsExits, counters } = facts;
  const [parent] = order.ancestors;
  const { dropped, rejected, deadLettered } = counters;
  const accepted = parts.mailbox.lastSeq();
  return {
    id: order.blockId,
    ...(order.name !== undefined && { name: order.name }),
    state: exit !== undefined ? 'exited' : parts.waiters.count(MAIL) > 0 ? 'waiting' : 'running',
    ...(exit !== undefined && { exitReason: exit.reason }),
    ...(parent !== undefined && { parent }),
    behavior: order.behavior.kind,
    capabilities: [...order.capabilities],
    trapsExits,
    mailbox: { ...parts.mailbox.load(), accepted, dropped, rejected, deadLettered },
    links: parts.relations.linkedPeers() as BlockId[],
    monitors: parts.relations.monitors().map(({ ref, peer }) => ({ ref, target: peer as BlockId })),
  };
}
