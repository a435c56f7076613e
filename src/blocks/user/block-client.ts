/**
 * The way to a block; no other file outside `blocks` reaches one.
 *
 * Calls that may happen twice are sent again, once, when the object was reset under them.
 *
 * @module
 */

import type { BlockId, WorkspaceId } from '../../core/primitives/ids.ts';
import { blockObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { BlockApi } from './block-api.ts';

/** The block need not exist: then only `spawn` makes it, and all else says `noproc`. */
export function openBlock(
  env: Pick<BlockBindings, 'BLOCKS'>,
  workspace: WorkspaceId,
  blockId: BlockId,
): BlockClient {
  const name = blockObjectName(workspace, blockId);
  return new BlockClient(() => env.BLOCKS.getByName(name));
}

export class BlockClient {
  readonly #connect: () => BlockApi;

  constructor(connect: () => BlockApi) {
    this.#connect = connect;
  }

  /** For what does no harm when it happens twice. */
  again<T>(call: (block: BlockApi) => Promise<T>): Promise<T> {
    return callAgainAfterReset(this.#connect, call);
  }

  /** For what must not happen twice: a lost answer is the caller's to deal with. */
  once<T>(call: (block: BlockApi) => Promise<T>): Promise<T> {
    return call(this.#connect());
  }
}
