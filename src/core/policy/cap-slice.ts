/**
 * A slice of which less may be spent than its workspace would give: a block's turn costs no more than
 * the block has left.
 *
 * @module
 */

import { leftOf, type Spend } from './ledger.ts';
import type { Slice } from './slice.ts';

/** `ceiling` less what is `used` of it already bounds tokens and money, and nothing else. */
export function capSlice(slice: Slice, ceiling: Spend | undefined, used: Spend): Slice {
  if (ceiling === undefined) return slice;
  const left = leftOf(used, ceiling);
  return {
    ...slice,
    tokens: Math.min(slice.tokens, left.tokens),
    costMicroUsd: Math.min(slice.costMicroUsd, left.costMicroUsd),
  };
}
