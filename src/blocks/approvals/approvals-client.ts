/**
 * The way to the index of a workspace's approvals; all that it does may happen twice.
 *
 * @module
 */

import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { workspaceObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { ApprovalsApi } from './approvals-api.ts';

export function askApprovals<T>(
  env: Pick<BlockBindings, 'APPROVALS'>,
  workspace: WorkspaceId,
  call: (index: ApprovalsApi) => Promise<T>,
): Promise<T> {
  const name = workspaceObjectName(workspace);
  return callAgainAfterReset(() => env.APPROVALS.getByName(name), call);
}
