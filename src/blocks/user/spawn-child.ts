/**
 * A block spawns another: the child's birth, its share of the budget, its link and its monitor are one
 * transaction of the parent, and the first words that the child hears.
 *
 * @module
 */

import { shareBudget } from '../../core/blocks/block-budget.ts';
import { boundGrants, handDown } from '../../core/blocks/block-grants.ts';
import { boundLimits } from '../../core/blocks/block-limits.ts';
import { type Grant, liveGrants } from '../../core/capabilities/grant.ts';
import { holdsAllOf } from '../../core/capabilities/hold-all.ts';
import type { CapabilityPattern } from '../../core/capabilities/pattern.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import type { BirthOrder, BlockAct, BlockActAnswer, BlockRefusal } from './block-api.ts';
import { type BlockParts, record, sendSoon } from './block-parts.ts';
import type { BlockFacts } from './facts-store.ts';
import { budgetOf, grantsOf, hasBudget } from './present-facts.ts';
import { NOPROC, refusal, TOO_MANY_RELATIONS } from './refusals.ts';
import { exhausted } from './spend-budget.ts';

type SpawnAct = Extract<BlockAct, { readonly kind: 'spawn' }>;

/** Part of a transaction. */
export function spawnChild(parts: BlockParts, act: SpawnAct): Result<BlockActAnswer, BlockRefusal> {
  const { order: asked, link, monitor } = act;
  const facts = parts.facts.alive();
  if (facts === undefined) return err(NOPROC);
  const { order: own } = facts;
  const objection = findSpawnObjection(parts, own, act);
  if (objection !== undefined) return err(objection);
  const given = giveGrants(facts, asked, parts.now());
  if (!given.ok) return given;
  const shared = shareBudget(budgetOf(facts), asked.budget);
  if (!shared.ok) return err(exhausted(shared.error));
  if (hasBudget(facts)) parts.facts.update({ budget: shared.value.left });
  const id = asked.blockId;
  const ref = monitor ? parts.newId('mon') : undefined;
  const order: BirthOrder = {
    ...asked,
    grants: given.value,
    limits: boundLimits(asked.limits, own.limits),
    budget: shared.value.share,
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

/**
 * What is asked for, or a refusal. A supervisor's child was specified when there may have been more to
 * give: it gets what is left of that.
 */
function giveGrants(
  facts: BlockFacts,
  { grants: asked, supervised }: SpawnAct['order'],
  now: number,
): Result<readonly Grant[], BlockRefusal> {
  const held = grantsOf(facts);
  if (supervised) {
    const ever = facts.order.grants.map(({ pattern }) => pattern);
    const beyond = asked.find(({ pattern }) => !holdsAllOf(ever, pattern));
    return beyond === undefined
      ? ok(boundGrants(asked, liveGrants(held, now)))
      : err(notHeld(beyond.pattern));
  }
  const given = handDown(held, asked, now);
  return given.ok ? given : err(notHeld(given.error));
}

function notHeld(capability: CapabilityPattern): BlockRefusal {
  const detail = 'A block cannot give a child what it does not have, or for longer';
  return refusal('denied', detail, { capability });
}

function findSpawnObjection(
  { relations }: BlockParts,
  { limits }: BirthOrder,
  { order: { supervised }, link, monitor }: SpawnAct,
): BlockRefusal | undefined {
  if (limits.depth === 0) return refusal('limit_reached', 'The block may have no children');
  if (relations.children().length >= limits.children) {
    return refusal('limit_reached', 'The block has all the children it may have');
  }
  // A supervisor has one link for each child, and its children are counted.
  const more = supervised ? 0 : Number(link) + Number(monitor);
  return more > 0 && relations.count() + more > limits.relations ? TOO_MANY_RELATIONS : undefined;
}
