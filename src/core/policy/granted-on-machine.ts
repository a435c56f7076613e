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
import { FAMILIES, type FamilyName } from '../capabilities/catalogue.ts';
import { livePatterns } from '../capabilities/live-patterns.ts';
import { meetRules } from '../capabilities/meet-rules.ts';
import { reachesFamily } from '../capabilities/reach.ts';
import type { RegisteredPlugin } from '../manifest/registered-plugin.ts';
import type { Authority } from './authority.ts';

/** Most patterns of each list: what is allowed beyond them is not granted. */
const MAX_GRANTED_PATTERNS = 64;

/** Families of what plugins do on a machine of somebody's. */
export const MACHINE_FAMILY_NAMES = [
  'tool:exec',
  'tool:exec:shell',
  'tool:file:read',
  'tool:file:write',
  'tool:network:http',
  'tool:network:websocket',
  'system:secret:use',
] as const satisfies readonly FamilyName[];

const MACHINE_FAMILIES = FAMILIES.filter(({ name }) =>
  MACHINE_FAMILY_NAMES.some((other) => other === name),
);

/** A cache, not state: a list that is asked for every call holds the same patterns each time. */
const CONCERNING = new WeakMap<CapabilitySet, CapabilitySet>();

const NONE: CapabilitySet = [];
const NOTHING: CapabilityRules = { allow: NONE, deny: NONE };

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
  const held = { allow: livePatterns(grants, now), deny: NONE };
  const block = behalf && { allow: livePatterns(behalf.grants, now), deny: NONE };
  return block === undefined ? [policy, held] : [policy, held, block];
}

function onMachine({ allow, deny }: CapabilityRules): CapabilityRules {
  return { allow: concerning(allow), deny: concerning(deny) };
}

/** Those of a list that concern a machine. Asking freezes the list. */
function concerning(list: CapabilitySet): CapabilitySet {
  const known = CONCERNING.get(list);
  if (known !== undefined) return known;
  const patterns = Object.freeze(list).filter((pattern) =>
    MACHINE_FAMILIES.some((family) => reachesFamily(pattern, family)),
  );
  CONCERNING.set(list, patterns);
  return patterns;
}
