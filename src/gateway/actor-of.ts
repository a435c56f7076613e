/**
 * Who asks, as blocks put it on the record.
 *
 * @module
 */

import type { Actor } from '../blocks/workspace/workspace-api.ts';
import type { NamedActor } from '../core/audit/named-actor.ts';
import { toPrincipalName } from '../core/policy/principal.ts';
import type { RouteRequest } from './route.ts';

type Asked = Pick<RouteRequest<unknown, unknown>, 'caller' | 'requestId'>;

/** For blocks that decide by the principal. */
export function actorOf({ caller, requestId }: Asked): Actor {
  const { principal, textEndsAt } = caller;
  return { principal, requestId, ...(textEndsAt !== undefined && { textEndsAt }) };
}

/** For blocks that only write down who it was. */
export function namedActorOf({ caller, requestId }: Asked): NamedActor {
  return { name: toPrincipalName(caller.principal), requestId };
}
