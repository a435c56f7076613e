/**
 * Whether somebody who holds some patterns may hand on another one.
 *
 * One pattern may stand for several families (`provider:*`), and who holds each of these whole families
 * holds all that it can ever mean: what is not in the catalogue is denied to everybody.
 *
 * @module
 */

import { findCovering } from './capability-set.ts';
import type { CapabilityFamily } from './catalogue.ts';
import { type CapabilityPattern, covers, parsePattern } from './pattern.ts';
import { familiesReachedBy } from './reach.ts';

export function holdsAllOf(held: readonly CapabilityPattern[], wanted: CapabilityPattern): boolean {
  if (findCovering(held, wanted) !== undefined) return true;
  if (!wanted.includes('*')) return false;
  const families = familiesReachedBy(wanted).map(patternsOf);
  return (
    families.length > 1 &&
    families.every((patterns) =>
      patterns.every(
        (pattern) => covers(wanted, pattern) && findCovering(held, pattern) !== undefined,
      ),
    )
  );
}

/** The bare name of a family, and all its resources where it has some. */
export function patternsOf({
  capability,
  resource,
}: CapabilityFamily): readonly CapabilityPattern[] {
  const all = resource === 'none' ? undefined : parsePattern(`${capability}:*`);
  return all?.ok ? [capability, all.value] : [capability];
}
