/**
 * How often somebody without a credential is answered: a token bucket for each source address.
 *
 * Whoever has a live credential is not slowed down by a neighbour who has none. The buckets are in the
 * memory of one isolate, so that a stranger costs no write: with several isolates he is answered so
 * many times more often.
 *
 * @module
 */

import { type Bucket, callsIn, refill, retryAfterMs, takeCalls } from '../core/policy/bucket.ts';
import type { GatewayBindings } from './bindings.ts';
import { Refusal } from './refusal.ts';
import { sourceOf } from './source-address.ts';

/** Requests without a credential that one source may send. */
const STRANGER_RATE = { calls: 120, periodMs: 60_000 } as const;

/** Sources in memory; beyond that number all begin anew. */
const MAX_KNOWN_SOURCES = 10_000;

const buckets = new Map<string, Bucket>();

/** Counts a request that came without a live credential; refuses it if there were too many. */
export function countStranger(
  env: Pick<GatewayBindings, 'SALLYPORT_BEHIND_CLOUDFLARE'>,
  request: Pick<Request, 'headers'>,
  now: number,
): void {
  const source = sourceOf(env, request);
  if (source === undefined) return;
  const bucket = refill(buckets.get(source), STRANGER_RATE, now);
  if (callsIn(bucket) < 1) {
    throw new Refusal('rate_limited', {
      detail: 'Cannot answer: requests without a live credential must be fewer',
      retryAfterMs: retryAfterMs(bucket),
    });
  }
  if (buckets.size >= MAX_KNOWN_SOURCES && !buckets.has(source)) buckets.clear();
  buckets.set(source, takeCalls(bucket, 1));
}
