/**
 * What somebody may do now, asked of the workspace.
 *
 * @module
 */

import type { Authority } from '../../core/policy/authority.ts';
import type { Principal } from '../../core/policy/principal.ts';
import { workspaceObjectName } from '../kit/address.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type { WorkspaceApi } from '../workspace/workspace-api.ts';
import type { ChannelParts } from './channel-parts.ts';

/** `undefined` if the credential behind the principal is not live. */
export function authorityOf(
  { env, workspace }: Pick<ChannelParts, 'env' | 'workspace'>,
  principal: Principal,
): Promise<Authority | undefined> {
  return callAgainAfterReset(
    (): WorkspaceApi => env.WORKSPACES.getByName(workspaceObjectName(workspace)),
    (api) => api.authority(principal),
  );
}
