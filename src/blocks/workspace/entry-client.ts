/**
 * The way to what a workspace says of those who sign in: see `entry-api.ts`.
 *
 * @module
 */

import type { RequestUse } from '../../core/policy/request-use.ts';
import type { WorkspaceId } from '../../core/primitives/ids.ts';
import { workspaceObjectName } from '../kit/address.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { callAgainAfterReset } from '../kit/call.ts';
import type {
  EntryApi,
  IssuerAnswer,
  RouteCount,
  SignInAnswer,
  VerifiedSignIn,
} from './entry-api.ts';

export function openEntry(
  env: Pick<BlockBindings, 'WORKSPACES'>,
  workspace: WorkspaceId,
): EntryClient {
  const name = workspaceObjectName(workspace);
  return new EntryClient(() => env.WORKSPACES.getByName(name));
}

class EntryClient implements EntryApi {
  readonly #connect: () => EntryApi;

  constructor(connect: () => EntryApi) {
    this.#connect = connect;
  }

  issuer(issuer: string, kid?: string): Promise<IssuerAnswer> {
    return this.#again((api) => api.issuer(issuer, kid));
  }

  signIn(signIn: VerifiedSignIn, use: RequestUse): Promise<SignInAnswer> {
    return this.#again((api) => api.signIn(signIn, use));
  }

  countRoute(principalName: string, operation: string): Promise<RouteCount> {
    return this.#again((api) => api.countRoute(principalName, operation));
  }

  #again<T>(call: (api: EntryApi) => Promise<T>): Promise<T> {
    return callAgainAfterReset(this.#connect, call);
  }
}
