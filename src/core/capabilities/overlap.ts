/**
 * Whether two patterns may match a same capability.
 *
 * `covers` answers what may be allowed. This answers what may have to be denied, so it is wrong
 * only on the safe side: a no is certain, a yes may be too careful.
 *
 * @module
 */

import type { CapabilityPattern } from './pattern.ts';

/** Compares what stands before the first star of each. */
export function mayOverlap(a: CapabilityPattern, b: CapabilityPattern): boolean {
  const left = fixedPartOf(a);
  const right = fixedPartOf(b);
  if (left === a && right === b) return left === right;
  if (left === a) return left.startsWith(right);
  if (right === b) return right.startsWith(left);
  return left.startsWith(right) || right.startsWith(left);
}

function fixedPartOf(pattern: CapabilityPattern): string {
  const star = pattern.indexOf('*');
  return star === -1 ? pattern : pattern.slice(0, star);
}
