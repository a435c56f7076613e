/**
 * The way to what a workspace says about requests to a model that are no turn.
 *
 * @module
 */

import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { workspaceObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { ErrandApi } from './errand-api.ts';

/** Both may happen twice. */
export function openErrands(
  env: Pick<BlockBindings, 'WORKSPACES'>,
  workspace: WorkspaceId,
): ErrandApi {
  const connect = (): ErrandApi => env.WORKSPACES.getByName(workspaceObjectName(workspace));
  return {
    openErrand: (actor, order) =>
      callAgainAfterReset(connect, (api) => api.openErrand(actor, order)),
    settleErrand: (actor, ended) =>
      callAgainAfterReset(connect, (api) => api.settleErrand(actor, ended)),
  };
}
