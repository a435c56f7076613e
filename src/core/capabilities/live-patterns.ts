/**
 * What a list of grants gives now, as a set of patterns that can be asked.
 *
 * @module
 */

import type { CapabilitySet } from './capability-set.ts';
import { type Grant, liveGrants } from './grant.ts';

/** A cache, not state: lists of grants that never end are asked often, and give the same each time. */
const PATTERNS = new WeakMap<readonly Grant[], CapabilitySet>();

/** `now` in epoch milliseconds. */
export function livePatterns(grants: readonly Grant[], now: number): CapabilitySet {
  if (grants.some(({ expiresAt }) => expiresAt !== undefined)) {
    return liveGrants(grants, now).map(({ pattern }) => pattern);
  }
  const known = PATTERNS.get(grants);
  if (known !== undefined) return known;
  const patterns = Object.freeze(grants).map(({ pattern }) => pattern);
  PATTERNS.set(grants, patterns);
  return patterns;
}
