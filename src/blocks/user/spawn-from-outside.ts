/**
 * A principal spawns a block without a parent.
 *
 * @module
 */

import { err, ok, type Result } from '../../core/primitives/result.ts';
import { giveBirth } from './birth.ts';
import type { BirthOrder, BlockDescription, BlockRefusal } from './block-api.ts';
import { type BlockParts, transact } from './block-parts.ts';
import type { BlockSnapshot } from './checkpoint-api.ts';
import { applySnapshot } from './checkpoints.ts';
import { describeBlock } from './describe-block.ts';
import { NOPROC } from './refusals.ts';

/** With what a checkpoint holds, if it is to begin with that. The same order again changes nothing. */
export function spawnFromOutside(
  parts: BlockParts,
  order: BirthOrder,
  snapshot: BlockSnapshot | undefined,
): Result<BlockDescription, BlockRefusal> {
  const isNew = parts.facts.read() === undefined;
  const born = transact(parts, () => {
    const done = giveBirth(parts, order);
    if (done.ok && isNew && snapshot !== undefined) applySnapshot(parts, snapshot);
    return done;
  });
  if (!born.ok) return born;
  const description = describeBlock(parts);
  return description === undefined ? err(NOPROC) : ok(description);
}
