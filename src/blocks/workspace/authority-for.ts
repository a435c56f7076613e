/**
 * What a principal of other objects may do: asked for at each use, since it can have changed.
 *
 * @module
 */

import type { Authority } from '../../core/policy/authority.ts';
import { authorize } from '../../core/policy/authorize.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { openWorkspace } from './workspace-client.ts';

interface Asking {
  readonly env: Pick<BlockBindings, 'WORKSPACES'>;
  readonly now: () => number;
}

/** `undefined` if it does not hold the capability, or the credential behind it is not live. */
export async function authorityFor(
  { env, now }: Asking,
  principal: Principal,
  capability: string,
): Promise<Authority | undefined> {
  const authority = await openWorkspace(env, principal.workspace).authority(principal);
  return authority && authorize(authority, { capability, now: now() }).allowed
    ? authority
    : undefined;
}
