/**
 * The way to the index of a workspace's sessions; all that it does may happen twice.
 *
 * @module
 */

import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { workspaceObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { SessionIndexApi } from './session-index-api.ts';

export function askSessionIndex<T>(
  env: Pick<BlockBindings, 'SESSION_INDEXES'>,
  workspace: WorkspaceId,
  call: (index: SessionIndexApi) => Promise<T>,
): Promise<T> {
  const name = workspaceObjectName(workspace);
  return callAgainAfterReset(() => env.SESSION_INDEXES.getByName(name), call);
}
