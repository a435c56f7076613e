/**
 * A block and all below it.
 *
 * @module
 */

import type { BlockId } from '../../core/primitives/ids.ts';
import { restartsById } from '../supervisor/run-supervisor.ts';
import type { BlockTree } from './block-api.ts';
import type { BlockParts } from './block-parts.ts';
import { describeBlock } from './describe-block.ts';
import type { AskNeighbour } from './neighbours.ts';

/** Children that have ended are left out. `levels` bounds how far down it looks. */
export async function readTree(
  parts: BlockParts,
  neighbour: AskNeighbour,
  levels: number,
): Promise<BlockTree | undefined> {
  const described = describeBlock(parts);
  if (described === undefined) return undefined;
  const restarts = restartsById(parts);
  const ids = levels > 0 ? (parts.relations.children() as BlockId[]) : [];
  const found = await Promise.all(
    ids.map(async (id) => {
      const child = await neighbour(id, (block) => block.tree(levels - 1));
      return child && { ...child, restarts: restarts.get(id) ?? 0 };
    }),
  );
  const { id, name, state, behavior, mailbox } = described;
  const children = found.filter((child) => child !== undefined);
  return {
    id,
    ...(name !== undefined && { name }),
    state,
    behavior,
    depth: mailbox.depth,
    restarts: 0,
    children,
  };
}
