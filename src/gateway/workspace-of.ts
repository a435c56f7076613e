/**
 * The workspace that a path names.
 *
 * @module
 */

import { openWorkspace, type WorkspaceClient } from '../blocks/workspace/workspace-client.ts';
import { parseWorkspaceId, type WorkspaceId } from '../core/primitives/ids.ts';
import { holds } from './admit.ts';
import { isRoot } from './authenticate.ts';
import { noSuch } from './refusal.ts';
import type { Caller, RouteRequest } from './route.ts';

/**
 * The caller's own, or any if the caller administrates the deployment. Any other answers as if it
 * did not exist.
 */
export function workspaceOf(
  request: Pick<RouteRequest<unknown, unknown>, 'env' | 'caller' | 'params'>,
): { readonly id: WorkspaceId; readonly client: WorkspaceClient } {
  const { env, caller, params } = request;
  const id = parseWorkspaceId(params.id ?? '');
  if (id === undefined || (id !== caller.principal.workspace && !administrates(caller))) {
    throw noSuch('workspace');
  }
  return { id, client: openWorkspace(env, id) };
}

export function administrates(caller: Caller): boolean {
  return isRoot(caller.principal) && holds(caller, 'system:admin', Date.now());
}
