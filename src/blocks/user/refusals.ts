/**
 * How a block says no to whoever asked from outside.
 *
 * @module
 */

import type { BlockRefusal } from './block-api.ts';

export function refusal(
  code: BlockRefusal['code'],
  detail: string,
  more: Omit<BlockRefusal, 'code' | 'detail'> = {},
): BlockRefusal {
  return { code, detail, ...more };
}

/** Never issued, of another workspace, dead, or forgotten: there is no telling which. */
export const NOPROC: BlockRefusal = refusal('noproc', 'There is no such block');

export const NOT_OWNED: BlockRefusal = refusal('denied', 'Only its owner may act as a block', {
  capability: 'block:own',
});
