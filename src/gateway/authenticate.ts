/**
 * From credential to principal. There is no mode without authentication, and nothing but the
 * credential says who asks and for which workspace.
 *
 * @module
 */

import { openWorkspace } from '../blocks/workspace/workspace-client.ts';
import { admitUse } from '../core/policy/caveat.ts';
import { narrowGrants } from '../core/policy/narrow-grants.ts';
import type { Principal } from '../core/policy/principal.ts';
import { ROOT_NAME, ROOT_WORKSPACE } from '../core/policy/reserved-name.ts';
import { ROOT_GRANTS } from '../core/policy/token-facts.ts';
import { isRootToken, type PresentedToken, readToken } from './access-token.ts';
import type { GatewayBindings } from './bindings.ts';
import { countRoot } from './count-root.ts';
import type { Caller } from './route.ts';
import { signIn } from './sign-in.ts';
import { looksLikeJwt } from './unverified-jwt.ts';
import type { Arrival } from './use-of.ts';

/** The caller, or nothing for an unknown, expired or revoked credential. */
export async function authenticate(
  env: GatewayBindings,
  text: string,
  arrival: Arrival,
): Promise<Caller | undefined> {
  if (isRootToken(env.SALLYPORT_ROOT_TOKEN, text)) return rootCaller(env, arrival);
  if (looksLikeJwt(text)) return signIn(env, text, arrival);
  const token = readToken(env.SALLYPORT_MASTER_KEY, text);
  if (token === undefined || !admitUse(token.caveats, token.workspace, Date.now())) {
    return undefined;
  }
  const caller = await openWorkspace(env, token.workspace).authenticate(token.hash, arrival.use);
  return caller && narrowCaller(caller, token);
}

function narrowCaller(caller: Caller, { caveats }: PresentedToken): Caller {
  if (caveats.length === 0) return caller;
  return {
    ...caller,
    principal: { ...caller.principal, caveats },
    grants: narrowGrants(caller.grants, caveats),
  };
}

const ROOT: Principal = {
  ...ROOT_NAME,
  workspace: ROOT_WORKSPACE,
  tokenId: 'root',
};

export function isRoot(principal: Principal): boolean {
  return principal.tokenId === ROOT.tokenId && principal.workspace === ROOT_WORKSPACE;
}

/** Isolates that have founded the root's workspace; a hint only, founding twice does nothing. */
const founded = new WeakSet<object>();

async function rootCaller(env: GatewayBindings, { requestId, use }: Arrival): Promise<Caller> {
  const workspace = openWorkspace(env, ROOT_WORKSPACE);
  if (!founded.has(env.WORKSPACES)) {
    await workspace.found({ principal: ROOT, requestId });
    founded.add(env.WORKSPACES);
  }
  const retryAfterMs = await countRoot(env, ROOT, use.operation);
  return { principal: ROOT, grants: ROOT_GRANTS, revision: 0, retryAfterMs };
}
