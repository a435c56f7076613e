/**
 * What a credential is used for, and from where, as it is noted with the credential.
 *
 * @module
 */

import { toClientClass } from '../core/policy/client-class.ts';
import type { RequestUse } from '../core/policy/request-use.ts';
import type { GatewayBindings } from './bindings.ts';
import type { Route } from './route.ts';
import { sourceOf } from './source-address.ts';

/** What comes with a credential. */
export interface Arrival {
  readonly requestId: string;
  readonly use: RequestUse;
}

export function useOf(
  env: Pick<GatewayBindings, 'SALLYPORT_BEHIND_CLOUDFLARE'>,
  request: Pick<Request, 'headers'>,
  { operation }: Pick<Route, 'operation'>,
): RequestUse {
  const source = sourceOf(env, request);
  const client = toClientClass(request.headers.get('User-Agent'));
  return { operation, client, ...(source !== undefined && { source }) };
}
