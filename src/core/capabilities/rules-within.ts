/**
 * Whether rules permit no more than others do: rather no than yes.
 *
 * @module
 */

import { type CapabilityRules, findCovering } from './capability-set.ts';
import { mayOverlap } from './overlap.ts';

/** A deny of `outer` counts as far as `inner` may allow what it denies. */
export function isWithin(inner: CapabilityRules, outer: CapabilityRules): boolean {
  return (
    inner.allow.every((pattern) => findCovering(outer.allow, pattern) !== undefined) &&
    outer.deny.every(
      (denied) =>
        findCovering(inner.deny, denied) !== undefined ||
        !inner.allow.some((pattern) => mayOverlap(pattern, denied)),
    )
  );
}
