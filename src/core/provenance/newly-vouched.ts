/**
 * What a newer output schema vouches for that an older one did not.
 *
 * @module
 */

import { toPointer } from '../primitives/json.ts';
import { type FieldIntegrity, memberOf, type TrustedFields } from './trusted-fields.ts';

/**
 * Pointers to what the newer fields vouch for, and the older ones did not; a star stands for members
 * that are not declared, for their names, and for items.
 */
export function* listNewlyVouched(
  before: TrustedFields | null | undefined,
  after: TrustedFields | null | undefined,
  pointer = '',
): Generator<string> {
  if (after === null || after === undefined) return;
  if (typeof after === 'string') {
    if (!saysAsMuch(before, after)) yield pointer;
    return;
  }
  const old =
    typeof before === 'string' ? { others: before, names: before, items: before } : before;
  const { members = {}, others, names, items } = after;
  // A member that is no longer declared is one of the others.
  for (const name of new Set([...Object.keys(old?.members ?? {}), ...Object.keys(members)])) {
    yield* listNewlyVouched(memberOf(old, name), memberOf(after, name), toPointer(pointer, name));
  }
  const any = toPointer(pointer, '*');
  yield* listNewlyVouched(old?.others, others, any);
  yield* listNewlyVouched(old?.names, names, any);
  yield* listNewlyVouched(old?.items, items, any);
}

/**
 * An author is trusted, and more than that; what is trusted is more than the rest, but for answers
 * that may be read as well.
 */
function saysAsMuch(before: TrustedFields | null | undefined, after: FieldIntegrity): boolean {
  // What is hidden from the model is not vouched for at all.
  if (before === after || after === 'opaque') return true;
  if (after === 'declassified') return false;
  return before === 'author' || (before === 'trusted' && after !== 'author');
}
