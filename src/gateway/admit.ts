/**
 * Whether this caller may use this route at all: one capability for each route, decided on the
 * caller's live grants. What the route does with it is decided again, in depth, by the checks.
 *
 * @module
 */

import { openWorkspace } from '../blocks/workspace/workspace-client.ts';
import { findGrant } from '../core/capabilities/grant.ts';
import { mayHold } from '../core/capabilities/holder.ts';
import { parseCapability } from '../core/capabilities/pattern.ts';
import { deny } from '../core/errors/denial.ts';
import type { GatewayBindings } from './bindings.ts';
import { Refusal } from './refusal.ts';
import type { Caller, Route } from './route.ts';

interface Admission {
  readonly env: GatewayBindings;
  readonly requestId: string;
}

/** Refuses with 403, and puts the refusal on the record. */
export async function admit(
  { access, operation }: Pick<Route, 'access' | 'operation'>,
  caller: Caller | undefined,
  { env, requestId }: Admission,
): Promise<void> {
  if (access === 'public') return;
  if (caller !== undefined) {
    if (access === 'any-principal' || holds(caller, access, Date.now())) return;
    await openWorkspace(env, caller.principal.workspace).recordDenial(
      { principal: caller.principal, requestId },
      { operation, reason: 'principal_grant_missing', family: access },
    );
  }
  throw new Refusal('denied', {
    denial: deny('capability', 'principal_grant_missing', { family: access }),
  });
}

/** Whether the caller's live grants hold a capability, which must be in the catalogue. */
export function holds(caller: Caller, capabilityText: string, now: number): boolean {
  const capability = parseCapability(capabilityText);
  if (!capability.ok || !mayHold(caller.principal.kind, capability.value)) return false;
  return findGrant(caller.grants, capability.value, now) !== undefined;
}
