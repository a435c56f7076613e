/**
 * The way to a workspace's sign-ins to remote servers.
 *
 * @module
 */

import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { workspaceObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset, lookUp } from '../kit/call.ts';
import type { SignInApi } from './sign-in-api.ts';

export function openSignIns(env: Pick<BlockBindings, 'VAULTS'>, workspace: WorkspaceId): SignInApi {
  const connect = (): SignInApi => env.VAULTS.getByName(workspaceObjectName(workspace));
  const again = <T>(call: (api: SignInApi) => Promise<T>) => callAgainAfterReset(connect, call);
  const find = <T>(call: (api: SignInApi) => Promise<T>) => lookUp('vault', again(call));
  return {
    beginSignIn: (actor, order) => again((api) => api.beginSignIn(actor, order)),
    // Sent once: a state and a code are good for one time.
    receiveAnswer: (answer) => connect().receiveAnswer(answer),
    finishSignIn: (actor, place, code) => connect().finishSignIn(actor, place, code),
    signIns: (of) => find((api) => api.signIns(of)),
    endSignIn: (actor, place) => again((api) => api.endSignIn(actor, place)),
    endSignInsOf: (actor, of) => again((api) => api.endSignInsOf(actor, of)),
    useToken: (use) => again((api) => api.useToken(use)),
    refuseToken: (refusal) => again((api) => api.refuseToken(refusal)),
  };
}
