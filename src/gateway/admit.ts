/**
 * Whether this caller may use this route at all: one capability for each route, decided on the
 * caller's live grants. What the route does with it is decided again, in depth, by the checks.
 *
 * @module
 */

import { openWorkspace } from '../blocks/workspace/workspace-client.ts';
import type { FamilyName } from '../core/capabilities/catalogue.ts';
import { findGrant } from '../core/capabilities/grant.ts';
import { mayHold } from '../core/capabilities/holder.ts';
import { parseCapability } from '../core/capabilities/pattern.ts';
import { deny } from '../core/errors/denial.ts';
import { ROOT_TOKEN_ID } from '../core/policy/token-facts.ts';
import { actorOf } from './actor-of.ts';
import type { GatewayBindings } from './bindings.ts';
import { Refusal } from './refusal.ts';
import type { Caller, Route, RouteRequest } from './route.ts';

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
    await recordMissing({ env, caller, requestId }, { operation, family: access });
  }
  throw missingGrant(access);
}

/** The same for a capability whose resource is known only once the request was read. */
export async function requireHeld(
  request: Admission & { readonly caller: Caller },
  operation: string,
  { family, resource }: { readonly family: FamilyName; readonly resource: string },
): Promise<void> {
  if (holds(request.caller, `${family}:${resource}`, Date.now())) return;
  await recordMissing(request, { operation, family });
  throw missingGrant(family);
}

/**
 * For a route that does more with a capability than tools that draw on it: a token which was narrowed to a
 * tool holds it for that tool alone.
 */
export async function requireNoTool(
  request: Admission & { readonly caller: Caller },
  { access, operation }: { readonly access: FamilyName; readonly operation: string },
): Promise<void> {
  const { caveats = [] } = request.caller.principal;
  if (!caveats.some(({ kind }) => kind === 'tool')) return;
  await recordMissing(request, { operation, family: access });
  throw missingGrant(access);
}

/** Of a caller who was let in a while ago. Nothing ends root's own requests: switches bound its turns. */
export async function holdsStill(
  { env, caller: { principal } }: Pick<RouteRequest<unknown, unknown>, 'env' | 'caller'>,
  capabilityText: string,
): Promise<boolean> {
  if (principal.tokenId === ROOT_TOKEN_ID) return true;
  const present = await openWorkspace(env, principal.workspace).authority(principal);
  return present !== undefined && holds(present, capabilityText, Date.now());
}

/** For who does not hold a capability of that family. */
export function missingGrant(family: string): Refusal {
  return new Refusal('denied', {
    denial: deny('capability', 'principal_grant_missing', { family }),
  });
}

async function recordMissing(
  request: Admission & { readonly caller: Caller },
  denied: { readonly operation: string; readonly family: FamilyName },
): Promise<void> {
  const workspace = openWorkspace(request.env, request.caller.principal.workspace);
  await workspace.recordDenial(actorOf(request), { ...denied, reason: 'principal_grant_missing' });
}

/** Whether the caller's live grants hold a capability, which must be in the catalogue. */
export function holds(
  caller: Pick<Caller, 'principal' | 'grants'>,
  capabilityText: string,
  now: number,
): boolean {
  const capability = parseCapability(capabilityText);
  if (!capability.ok || !mayHold(caller.principal.kind, capability.value)) return false;
  return findGrant(caller.grants, capability.value, now) !== undefined;
}
