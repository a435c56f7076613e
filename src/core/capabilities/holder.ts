/**
 * What some holders never hold, whatever they were granted: deciding approvals, tokens, writing
 * secrets, releasing from quarantine and administration are for people and the services that people
 * set up.
 *
 * The rule is kept twice: no such grant is admitted, and the decision asks again.
 *
 * @module
 */

import { type FamilyName, familyOf } from './catalogue.ts';
import type { HolderKind } from './holder-kind.ts';
import type { Capability, CapabilityPattern } from './pattern.ts';
import { familiesReachedBy } from './reach.ts';

/** Whether a grant of this capability counts for such a holder. Unknown ones never count. */
export function mayHold(holder: HolderKind, capability: Capability): boolean {
  const family = familyOf(capability);
  return family !== undefined && !family.neverHeldBy.includes(holder);
}

/** The families that a grant of this pattern would wrongly give to such a holder. */
export function findForbidden(
  holder: HolderKind,
  pattern: CapabilityPattern,
): readonly FamilyName[] {
  return familiesReachedBy(pattern)
    .filter((family) => family.neverHeldBy.includes(holder))
    .map((family) => family.name);
}
