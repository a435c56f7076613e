/**
 * How often each principal uses each route that the policy names a rate for.
 *
 * Buckets are in memory, so that a request costs no write. Those that take longer than a minute to fill
 * are stored as well, since an object that nobody has asked for a while forgets its memory.
 *
 * @module
 */

import { type Bucket, callsIn, refill, retryAfterMs, takeCalls } from '../../core/policy/bucket.ts';
import type { Rate } from '../../core/policy/policy.ts';
import { remember } from '../../core/primitives/remember.ts';
import { BucketRows } from './bucket-rows.ts';

/** Longest period of a bucket that is in memory alone, in milliseconds. */
const MEMORY_PERIOD_MS = 60_000;

/** Buckets in memory; beyond that number the one that was used longest ago goes. */
const MAX_BUCKETS = 10_000;

export class RouteRates {
  readonly #rows: BucketRows;
  readonly #buckets = new Map<string, Bucket>();

  constructor(sql: SqlStorage) {
    this.#rows = new BucketRows(sql);
  }

  /** Takes one request; answers 0, or the milliseconds until there is one. */
  take(
    { principal, operation }: { readonly principal: string; readonly operation: string },
    rate: Rate,
    now: number,
  ): number {
    const key = `route/${principal}/${operation}`;
    const bucket = refill(this.#find(key, rate), rate, now);
    if (callsIn(bucket) < 1) return retryAfterMs(bucket);
    const taken = takeCalls(bucket, 1);
    remember(this.#buckets, [key, taken], MAX_BUCKETS);
    if (rate.periodMs > MEMORY_PERIOD_MS) this.#rows.replace([[key, taken]]);
    return 0;
  }

  #find(key: string, rate: Rate): Bucket | undefined {
    const known = this.#buckets.get(key);
    if (known !== undefined || rate.periodMs <= MEMORY_PERIOD_MS) return known;
    const [stored] = this.#rows.select(JSON.stringify([key]));
    return stored?.[1];
  }
}
