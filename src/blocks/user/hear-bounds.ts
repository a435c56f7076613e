/**
 * What is taken away from a block is taken away from all below it.
 *
 * Each function is part of a transaction.
 *
 * @module
 */

import { boundGrants } from '../../core/blocks/block-grants.ts';
import type { Grant } from '../../core/capabilities/grant.ts';
import type { BlockId } from '../../core/primitives/ids.ts';
import { type BlockParts, sendSoon } from './block-parts.ts';
import type { BlockFacts } from './facts-store.ts';
import { grantsOf } from './present-facts.ts';

/** From above. What takes nothing away from the block takes nothing away from those below it. */
export function hearBounds(
  parts: BlockParts,
  facts: BlockFacts,
  { from, grants }: { readonly from: BlockId; readonly grants: readonly Grant[] },
): void {
  if (!facts.order.ancestors.includes(from)) return;
  const before = grantsOf(facts);
  const after = boundGrants(before, grants);
  if (JSON.stringify(after) !== JSON.stringify(before)) takeAway(parts, after);
}

/** The block holds this from now on, and those below it no more than this. */
export function takeAway(parts: BlockParts, grants: readonly Grant[]): void {
  parts.facts.update({ grants });
  for (const id of [...parts.relations.children(), ...parts.relations.wards()]) {
    parts.pairs.say(id, { kind: 'bounds', grants });
  }
  sendSoon(parts);
}
