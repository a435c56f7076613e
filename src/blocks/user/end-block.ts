/**
 * How a block's life ends: everything that follows from it is said in the transaction that ends it.
 *
 * @module
 */

import { type ExitReason, reasonWord } from '../../core/supervision/exit-reason.ts';
import { type BlockParts, record, sendSoon } from './block-parts.ts';
import { estateOf } from './hear-estate.ts';

/** Ref of the monitor that every parent has on its children. Nobody else can make such a ref. */
export const CHILD_REF = '#child';

/** Peer that stands for the workspace's directory of names and groups. */
export const DIRECTORY = '#directory';

/**
 * Part of a transaction. Does nothing if the block is dead already. Messages stay until the block is
 * forgotten, for whoever takes them over or looks into what was left.
 */
export function endBlock(parts: BlockParts, reason: ExitReason): void {
  const facts = parts.facts.alive();
  if (facts === undefined) return;
  const { order } = facts;
  const at = parts.now();
  for (const peer of parts.relations.linkedPeers()) {
    parts.pairs.say(peer, { kind: 'exit', via: 'link', reason });
  }
  for (const { peer, ref } of parts.relations.watchers()) {
    parts.pairs.say(peer, { kind: 'down', ref, reason });
  }
  const [parent] = order.ancestors;
  if (parent !== undefined) {
    const estate = estateOf(parts, facts);
    parts.pairs.say(parent, { kind: 'down', ref: CHILD_REF, reason, estate });
  }
  if (facts.isListed) parts.pairs.say(DIRECTORY, { kind: 'released' });
  parts.relations.clear();
  parts.facts.update({ exit: { reason, at } });
  record(parts, order.blockId, {
    action: 'block-exited',
    decision: 'observed',
    reason: reasonWord(reason),
    requestId: order.requestId,
  });
  parts.timers.set('forget', at + order.limits.retentionMs);
  sendSoon(parts);
}
