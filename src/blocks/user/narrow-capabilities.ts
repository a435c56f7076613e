/**
 * A block is left with less than it had: by its owner, or because a block above it was.
 *
 * Nothing here ever adds. What is taken away is written down and said to all below in one
 * transaction, and they write it down before they act again; who asked for it is answered once all of
 * them have.
 *
 * @module
 */

import { boundGrants, handDown } from '../../core/blocks/block-grants.ts';
import type { Grant } from '../../core/capabilities/grant.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import type { BlockId } from '../../core/primitives/ids.ts';
import { err, ok } from '../../core/primitives/result.ts';
import { isOwner } from './act-as-block.ts';
import type { BlockActor, BlockAnswer } from './block-api.ts';
import { type BlockParts, record, transact } from './block-parts.ts';
import type { Courier } from './courier.ts';
import { toEntry } from './describe-block.ts';
import { takeAway } from './hear-bounds.ts';
import type { AskNeighbour } from './neighbours.ts';
import { grantsOf } from './present-facts.ts';
import { NOPROC, NOT_OWNED, refusal } from './refusals.ts';
import { reportChange } from './report-change.ts';
import { tellAbove } from './say-last.ts';
import type { Narrowed } from './upgrade-api.ts';

/** Refused, and on the record, if anything of it is more than the block has now. */
export function narrowCapabilities(
  parts: BlockParts,
  actor: BlockActor,
  wanted: readonly Grant[],
): BlockAnswer<Narrowed> {
  const facts = parts.facts.alive();
  if (facts === undefined) return err(NOPROC);
  if (!isOwner(facts, actor)) return err(NOT_OWNED);
  const given = handDown(grantsOf(facts), wanted, parts.now());
  const event = {
    action: 'block-narrowed',
    actor: toPrincipalName(actor.principal),
    resource: facts.order.blockId,
    requestId: actor.requestId,
  } as const;
  return transact(parts, () => {
    const { blockId } = facts.order;
    if (!given.ok) {
      const capability = given.error;
      record(parts, blockId, { ...event, decision: 'denied', reason: 'block_capability_missing' });
      return err(refusal('denied', 'A block is only ever given less than it has', { capability }));
    }
    record(parts, blockId, { ...event, decision: 'allowed' });
    takeAway(parts, given.value);
    reportChange(parts, { grants: given.value });
    return ok(given.value.map(toEntry));
  });
}

/** Nothing of a block that has ended. */
export function presentGrants(parts: BlockParts, began: readonly Grant[]): readonly Grant[] {
  const facts = parts.facts.alive();
  return facts === undefined ? [] : boundGrants(began, grantsOf(facts));
}

/**
 * Resolves once all below have heard what was said to them, and those below these. A dead block has
 * told the one above it whom it leaves behind.
 *
 * @throws whatever keeps one of them from being reached; it is told all the same, later.
 */
export async function untilBoundsHeard(
  parts: BlockParts,
  courier: Courier,
  neighbour: AskNeighbour,
): Promise<void> {
  if (parts.facts.alive() === undefined) return tellAbove(parts, courier);
  const heard = new Set<string>();
  for (;;) {
    const below = [...parts.relations.children(), ...parts.relations.wards()];
    const next = below.filter((id) => !heard.has(id));
    if (next.length === 0) return;
    await Promise.all(
      next.map(async (id) => {
        await courier.tell(id);
        await neighbour(id as BlockId, (block) => block.boundsHeard());
        heard.add(id);
      }),
    );
  }
}
