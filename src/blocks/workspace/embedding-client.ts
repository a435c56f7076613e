/**
 * The way to what a workspace says about embeddings.
 *
 * @module
 */

import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { workspaceObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { EmbeddingApi } from './embedding-api.ts';

/** Both may happen twice. */
export function openEmbeddings(
  env: Pick<BlockBindings, 'WORKSPACES'>,
  workspace: WorkspaceId,
): EmbeddingApi {
  const connect = (): EmbeddingApi => env.WORKSPACES.getByName(workspaceObjectName(workspace));
  return {
    openEmbedding: (actor, order) =>
      callAgainAfterReset(connect, (api) => api.openEmbedding(actor, order)),
    settleEmbedding: (actor, ended) =>
      callAgainAfterReset(connect, (api) => api.settleEmbedding(actor, ended)),
  };
}
