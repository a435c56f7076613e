/**
 * Whether the caller may do this with a channel. The capability names the channel, so no route can declare
 * it: each decides here, and a refusal goes on the record.
 *
 * @module
 */

import { holds, requireHeld } from './admit.ts';
import type { RouteRequest } from './route.ts';

type AnyRequest = Pick<RouteRequest<unknown, unknown>, 'env' | 'caller' | 'requestId'>;

export type ChannelVerb = 'send' | 'receive' | 'list' | 'manage';

export function mayOnChannel({ caller }: AnyRequest, verb: ChannelVerb, name: string): boolean {
  return holds(caller, `channel:${verb}:${name}`, Date.now());
}

/** Refuses with 403. Asked before it is known whether there is such a channel. */
export async function requireChannel(
  request: AnyRequest,
  operation: string,
  { verb, name }: { readonly verb: ChannelVerb; readonly name: string },
): Promise<void> {
  await requireHeld(request, operation, { family: `channel:${verb}`, resource: name });
}
