/**
 * What several parties allow together, written down before it is known what will be asked.
 *
 * It may be less than what they would allow when asked one by one, never more: of two patterns the
 * one that the other covers is kept, and where neither covers the other nothing is.
 *
 * @module
 */

import { type CapabilityRules, type CapabilitySet, findCovering } from './capability-set.ts';

/** All must allow, and any may deny. */
export function meetRules(
  first: CapabilityRules,
  ...others: readonly CapabilityRules[]
): CapabilityRules {
  return others.reduce(
    (left, right) => ({
      allow: meet(left.allow, right.allow),
      deny: distinct([...left.deny, ...right.deny]),
    }),
    { allow: distinct(first.allow), deny: distinct(first.deny) },
  );
}

function meet(left: CapabilitySet, right: CapabilitySet): CapabilitySet {
  return distinct([
    ...left.filter((pattern) => findCovering(right, pattern) !== undefined),
    ...right.filter((pattern) => findCovering(left, pattern) !== undefined),
  ]);
}

function distinct(patterns: CapabilitySet): CapabilitySet {
  return [...new Set(patterns)];
}
