/**
 * How much goes into one RPC: the platform refuses what is longer than 32 MiB once it is written down,
 * and would refuse the same again, however often it is sent.
 *
 * @module
 */

import type { BlockBody } from '../../core/blocks/block-body.ts';

/**
 * Once bodies of that length are in it, nothing further is: in bytes, or in characters of a text, which
 * take two bytes each where one of them is not of Latin-1.
 */
const MAX_CALL_LENGTH = 8_388_608;

interface Fitting<T> {
  readonly limit: number;
  /** Nothing for what has none. */
  readonly bodyOf: (item: T) => BlockBody | undefined;
}

/** The first of them, at least one and at most `limit`; no more are asked for than that. */
export function fitCall<T>(items: Iterable<T>, { limit, bodyOf }: Fitting<T>): T[] {
  const fitting: T[] = [];
  let length = 0;
  for (const item of items) {
    fitting.push(item);
    length += bodyOf(item)?.length ?? 0;
    if (fitting.length >= limit || length >= MAX_CALL_LENGTH) break;
  }
  return fitting;
}
