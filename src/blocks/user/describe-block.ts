/**
 * A block as others see it.
 *
 * @module
 */

import type { CapabilityEntry } from '../../core/blocks/block-grants.ts';
import { type Grant, liveGrants } from '../../core/capabilities/grant.ts';
import type { BlockId } from '../../core/primitives/ids.ts';
import type { BlockDescription } from './block-api.ts';
import { type BlockParts, MAIL } from './block-parts.ts';
import { numbersFrom } from './inherit-messages.ts';
import { behaviorOf, budgetOf, grantsOf, versionOf } from './present-facts.ts';

export function describeBlock(parts: BlockParts): BlockDescription | undefined {
  const facts = parts.facts.read();
  if (facts === undefined) return undefined;
  const { order, exit, trapsExits, counters } = facts;
  const [parent] = order.ancestors;
  const { dropped, rejected, deadLettered } = counters;
  const accepted = parts.mailbox.lastSeq() - numbersFrom(order);
  return {
    id: order.blockId,
    ...(order.name !== undefined && { name: order.name }),
    state: exit !== undefined ? 'exited' : parts.waiters.count(MAIL) > 0 ? 'waiting' : 'running',
    ...(exit !== undefined && { exitReason: exit.reason }),
    ...(parent !== undefined && { parent }),
    behavior: behaviorOf(facts).kind,
    version: versionOf(facts),
    capabilities: liveGrants(grantsOf(facts), parts.now()).map(toEntry),
    budget: budgetOf(facts),
    trapsExits,
    mailbox: { ...parts.mailbox.load(), accepted, dropped, rejected, deadLettered },
    links: parts.relations.linkedPeers() as BlockId[],
    monitors: parts.relations.monitors().map(({ ref, peer }) => ({ ref, target: peer as BlockId })),
  };
}

/** As it may be written in a list of capabilities. */
export function toEntry({ pattern, expiresAt }: Grant): CapabilityEntry {
  return expiresAt === undefined ? pattern : { capability: pattern, expiresAt };
}
