/**
 * What the directory of a workspace answers over RPC: names of blocks, and groups of them.
 *
 * @module
 */

import type { NumberedSignal } from '../../core/blocks/block-signal.ts';
import type { BlockId } from '../../core/primitives/ids.ts';

/** `taken`: another block has the name. `too-many`: the block has all the names it may have. */
export type Registration = 'held' | 'taken' | 'too-many';

export interface DirectoryApi {
  /**
   * Gives a name to a block, or keeps it. Unless the block confirms it (by its stream), it is free
   * again after a minute.
   */
  register(name: string, id: BlockId): Promise<Registration>;
  /** `false` if the name is another block's, or nobody's. */
  unregister(name: string, id: BlockId): Promise<boolean>;
  lookup(name: string): Promise<BlockId | undefined>;
  /** `false` when the group is full, or the block in all the groups it may be in. */
  join(group: string, id: BlockId): Promise<boolean>;
  leave(group: string, id: BlockId): Promise<boolean>;
  /** In the order of their ids, after one of them. */
  members(group: string, after: string, limit: number): Promise<readonly BlockId[]>;
  /** What blocks say to it: `named` confirms a name, `released` ends all that they have here. */
  accept(
    from: BlockId,
    signals: readonly NumberedSignal[],
  ): Promise<{
    readonly kind: 'accepted';
    readonly upTo: number;
    readonly answers: Readonly<Record<number, never>>;
  }>;
}
