/**
 * What is said to whoever asks for one more than there may be.
 *
 * @module
 */

import type { NoRoom } from '../core/policy/room.ts';
import { holds } from './admit.ts';
import { Refusal } from './refusal.ts';
import type { Caller } from './route.ts';

const WHO: Readonly<Record<NoRoom, string>> = {
  'principal-is-full': 'its creator',
  'workspace-is-full': 'the workspace',
};

/** `thing` as in "Cannot create the session". */
export function refuseFull(thing: string, noRoom: NoRoom): Refusal {
  return new Refusal('limit_reached', {
    detail: `Cannot create the ${thing}: ${WHO[noRoom]} must have fewer`,
  });
}

/** Whether the caller could change the policy: then his share of what there may be is all of it. */
export function isOperator(caller: Caller): boolean {
  return holds(caller, 'system:config:write', Date.now());
}
