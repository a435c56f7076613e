/**
 * The way to the memory of a workspace.
 *
 * @module
 */

import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { workspaceObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { MemoryApi } from './memory-api.ts';

/** All that it does may happen twice. */
export function openMemory(
  env: Pick<BlockBindings, 'MEMORIES'>,
  workspace: WorkspaceId,
): MemoryApi {
  const again = <T>(call: (memory: MemoryApi) => Promise<T>) =>
    callAgainAfterReset(() => env.MEMORIES.getByName(workspaceObjectName(workspace)), call);
  return {
    remember: (order) => again((memory) => memory.remember(order)),
    recall: (order) => again((memory) => memory.recall(order)),
    unembedded: (owner, model) => again((memory) => memory.unembedded(owner, model)),
    keepVectors: (owner, vectors) => again((memory) => memory.keepVectors(owner, vectors)),
    forget: (order) => again((memory) => memory.forget(order)),
    exportRows: (actor, owner, after) => again((memory) => memory.exportRows(actor, owner, after)),
    erase: (actor, owner) => again((memory) => memory.erase(actor, owner)),
  };
}
