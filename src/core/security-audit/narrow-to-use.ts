/**
 * What of somebody's grants was used, and the least that would have been enough.
 *
 * Nothing is said of what the record cannot show: a family that leaves no mark is kept as it was
 * granted. So the least is never less than what was needed, and never more than what is held.
 *
 * @module
 */

import { findCovering } from '../capabilities/capability-set.ts';
import type { CapabilityFamily } from '../capabilities/catalogue.ts';
import { patternsOf } from '../capabilities/hold-all.ts';
import { type CapabilityPattern, covers, patternsAmong } from '../capabilities/pattern.ts';
import { familiesReachedBy } from '../capabilities/reach.ts';
import { isOnRecord, type UsedCapabilities } from './used-capabilities.ts';
import { withoutExpansions } from './without-expansions.ts';

export interface GrantUse {
  /** Grants of which nothing was used, as they are held. */
  readonly unused: readonly string[];
  /** Whether a family of which nothing was used is one that an attacker would like to have. */
  readonly isSensitive: boolean;
  /** What would have been enough; the same as what is held if nothing is unused. */
  readonly enough: readonly string[];
  /** Whether `enough` is less than what is held. */
  readonly isLess: boolean;
}

/** `held` is expanded; what cannot be read is left out, and covers nothing anyway. */
export function narrowToUse(held: readonly string[], used: UsedCapabilities): GrantUse {
  const patterns = patternsAmong(held);
  const kept = patterns.map((pattern) => ({ pattern, rest: keepUsed(pattern, used) }));
  const enough = withoutCovered(kept.flatMap(({ rest }) => rest));
  const unused = kept.filter(({ rest }) => rest.length === 0).map(({ pattern }) => pattern);
  const still = new Set(enough.flatMap((pattern) => familiesReachedBy(pattern)));
  const reached = patterns.flatMap((pattern) => familiesReachedBy(pattern));
  return {
    unused: withoutExpansions(unused.filter((one) => !isUsedBelow(one, enough))),
    isSensitive: reached.some((family) => !still.has(family) && isSensitive(family)),
    enough: withoutExpansions(enough),
    isLess: patterns.some((pattern) => findCovering(enough, pattern) === undefined),
  };
}

function keepUsed(
  pattern: CapabilityPattern,
  used: UsedCapabilities,
): readonly CapabilityPattern[] {
  return familiesReachedBy(pattern).flatMap((family) => keepUsedOf(pattern, family, used));
}

/** The part of a pattern that lies within one family, as far as it was used. */
function keepUsedOf(
  pattern: CapabilityPattern,
  family: CapabilityFamily,
  { exact, families }: UsedCapabilities,
): readonly CapabilityPattern[] {
  if (!isOnRecord(family.name) || families.has(family.name)) return withinFamily(pattern, family);
  return patternsAmong([...exact]).filter(
    (capability) =>
      covers(pattern, capability) && patternsOf(family).some((part) => covers(part, capability)),
  );
}

/** `tool:*` within `tool:file:read` is `tool:file:read` and `tool:file:read:*`. */
function withinFamily(
  pattern: CapabilityPattern,
  family: CapabilityFamily,
): readonly CapabilityPattern[] {
  const parts = patternsOf(family);
  if (parts.some((part) => covers(part, pattern))) return [pattern];
  return parts.filter((part) => covers(pattern, part));
}

function withoutCovered(patterns: readonly CapabilityPattern[]): readonly CapabilityPattern[] {
  const all = [...new Set(patterns)];
  return all.filter((one) => !all.some((other) => other !== one && covers(other, one)));
}

/** `tool:call` means all of its resources too, so it is used where one of them was. */
function isUsedBelow(pattern: string, enough: readonly string[]): boolean {
  return enough.some((used) => used.startsWith(`${pattern}:`));
}

/** Reaches outside, runs something, or administrates. */
function isSensitive({ dangerous, neverHeldBy }: CapabilityFamily): boolean {
  return dangerous || neverHeldBy.length > 0;
}
