/**
 * A block spawns another: the child's birth, its link and its monitor are one transaction of the
 * parent, and the first words that the child hears.
 *
 * @module
 */

import { boundLimits } from '../../core/blocks/block-limits.ts';
import { holdsAllOf } from '../../core/capabilities/hold-all.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import type { BirthOrder, BlockAct, BlockActAnswer, BlockRefusal } from './block-api.ts';
import { type BlockParts, record, sendSoon } from './block-parts.ts';
import type { BlockFacts } from './facts-store.ts';
import { refusal } from './refusals.ts';

type SpawnAct = Extract<BlockAct, { readonly kind: 'spawn' }>;

/** Part of a transaction. */
export function spawnChild(
  parts: BlockParts,
  facts: BlockFacts,
  { order: asked, link, monitor }: SpawnAct,
): Result<BlockActAnswer, BlockRefusal> {
  const { order: own } = facts;
  const objection = findSpawnObjection(parts, own, asked);
  if (objection !== undefined) return err(objection);
  const id = asked.blockId;
  const ref = monitor ? parts.newId('mon') : undefined;
  const order: BirthOrder = {
    ...asked,
    limits: boundLimits(asked.limits, own.limits),
    creator: own.creator,
    ancestors: [own.blockId, ...own.ancestors],
    ...(link && { link: own.blockId }),
    ...(ref !== undefined && { monitor: { by: own.blockId, ref } }),
  };
  parts.relations.addChild(id);
  if (link) parts.relations.setLink(id, { isLinked: true, version: 1 });
  if (ref !== undefined) parts.relations.addMonitor(ref, id);
  parts.pairs.say(id, { kind: 'birth', order });
  record(parts, own.blockId, {
    action: 'block-spawned',
    decision: 'allowed',
    resource: id,
    requestId: asked.requestId,
  });
  sendSoon(parts);
  return ok({ kind: 'spawned', id, ...(ref !== undefined && { ref }) });
}

function findSpawnObjection(
  parts: BlockParts,
  own: BirthOrder,
  { capabilities }: SpawnAct['order'],
): BlockRefusal | undefined {
  const beyond = capabilities.find((pattern) => !holdsAllOf(own.capabilities, pattern));
  if (beyond !== undefined) {
    const detail = 'A block cannot give a child what it does not have';
    return refusal('denied', detail, { capability: beyond });
  }
  if (own.limits.depth === 0) return refusal('limit_reached', 'The block may have no children');
  return parts.relations.children().length >= own.limits.children
    ? refusal('limit_reached', 'The block has all the children it may have')
    : undefined;
}
