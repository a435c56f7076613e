/**
 * A block and all below it.
 *
 * @module
 */

import type { BlockId } from '../../core/primitives/ids.ts';
import { awaitedChildren, restartsById } from '../supervisor/read-children.ts';
import type { BlockParts } from './block-parts.ts';
import { describeBlock } from './describe-block.ts';
import type { AskNeighbour } from './neighbours.ts';
import type { BlockTree } from './tree-api.ts';

/** Children that have ended are left out. `levels` bounds how far down it looks. */
export async function readTree(
  parts: BlockParts,
  neighbour: AskNeighbour,
  levels: number,
): Promise<BlockTree | undefined> {
  const described = describeBlock(parts);
  if (described === undefined) return undefined;
  const restarts = restartsById(parts);
  const ids = levels > 0 ? inStartOrder(parts.relations.children() as BlockId[], restarts) : [];
  const found = await Promise.all(
    ids.map(async (id) => {
      const child = await neighbour(id, (block) => block.tree(levels - 1));
      return child && { ...child, restarts: restarts.get(id) ?? 0 };
    }),
  );
  const { id, name, state, behavior, mailbox } = described;
  const children = found.filter((child) => child !== undefined);
  const awaited = state === 'exited' ? [] : awaitedChildren(parts);
  return {
    id,
    ...(name !== undefined && { name }),
    state,
    behavior,
    depth: mailbox.depth,
    restarts: 0,
    children,
    ...(awaited.length > 0 && { awaited }),
  };
}

/** A supervisor's children as it starts them; others as they come. */
function inStartOrder(ids: readonly BlockId[], restarts: ReadonlyMap<string, number>): BlockId[] {
  const places = [...restarts.keys()];
  return ids.toSorted((one, other) => places.indexOf(one) - places.indexOf(other));
}
