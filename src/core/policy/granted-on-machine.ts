/**
 * All that a plugin may do on a machine for one principal: what every party that is asked allows,
 * and what any of them denies, of the families that concern a machine.
 *
 * The decision about one capability is `authorize.ts`. This is for a process that serves several
 * calls, and has to be confined before it is known what they will ask for.
 *
 * @module
 */

import type { CapabilityRules, CapabilitySet } from '../capabilities/capability-set.ts';
import { type Grant, liveGrants } from '../capabilities/grant.ts';
import { meetRules } from '../capabilities/meet-rules.ts';
import type { CapabilityPattern } from '../capabilities/pattern.ts';
import { familiesReachedBy } from '../capabilities/reach.ts';
import type { RegisteredPlugin } from '../manifest/registered-plugin.ts';
import type { Authority } from './authority.ts';

/** Most patterns of each list: what is allowed beyond them is not granted. */
export const MAX_GRANTED_PATTERNS = 64;

const MACHINE_FAMILIES: ReadonlySet<string> = new Set([
  'tool:exec',
  'tool:exec:shell',
  'tool:file:read',
  'tool:file:write',
  'tool:network:http',
  'tool:network:websocket',
  'system:secret:use',
]);

const NOTHING: CapabilityRules = { allow: [], deny: [] };

/** `authorities` must all agree: those of a turn. `now` in epoch milliseconds. */
export function grantedOnMachine(
  plugin: RegisteredPlugin,
  authorities: readonly Authority[],
  now: number,
): CapabilityRules {
  const parties = authorities.flatMap((authority) => partiesOf(authority, now));
  const { allow, deny } = meetRules(onMachine(plugin), ...parties.map(onMachine));
  // A deny that is left out would be a permission.
  if (deny.length > MAX_GRANTED_PATTERNS) return NOTHING;
  return { allow: allow.slice(0, MAX_GRANTED_PATTERNS), deny };
}

function partiesOf(
  { policy, grants, principal: { behalf } }: Authority,
  now: number,
): readonly CapabilityRules[] {
  const held = { allow: live(grants, now), deny: [] };
  const block = behalf && { allow: live(behalf.grants, now), deny: [] };
  return block === undefined ? [policy, held] : [policy, held, block];
}

function live(grants: readonly Grant[], now: number): CapabilitySet {
  return liveGrants(grants, now).map(({ pattern }) => pattern);
}

function onMachine({ allow, deny }: CapabilityRules): CapabilityRules {
  return { allow: allow.filter(concernsMachine), deny: deny.filter(concernsMachine) };
}

function concernsMachine(pattern: CapabilityPattern): boolean {
  return familiesReachedBy(pattern).some(({ name }) => MACHINE_FAMILIES.has(name));
}
