/**
 * The way to the directory of a workspace; all that it does may happen twice.
 *
 * @module
 */

import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { workspaceObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { DirectoryApi } from './directory-api.ts';

export function askDirectory<T>(
  env: Pick<BlockBindings, 'DIRECTORIES'>,
  workspace: WorkspaceId,
  call: (directory: DirectoryApi) => Promise<T>,
): Promise<T> {
  const name = workspaceObjectName(workspace);
  return callAgainAfterReset(() => env.DIRECTORIES.getByName(name), call);
}
