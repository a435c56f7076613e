/**
 * Token buckets in whole numbers, so that no call is gained or lost by rounding.
 *
 * A bucket is filled with *credits*: one call costs `periodMs` of them, and each millisecond brings
 * `calls`. Both products stay far below 2^53 within the ceilings of a policy.
 *
 * @module
 */

import type { Rate } from './policy.ts';

export interface Bucket {
  readonly rate: Rate;
  /** From 0 to `calls * periodMs`. */
  readonly credits: number;
  /** Epoch milliseconds at which `credits` was worked out. */
  readonly at: number;
}

/**
 * The bucket as it stands now; one that was never touched is full. If the rate has changed since, it
 * keeps its whole calls, as many as the new rate can hold. A clock that goes back brings nothing.
 */
export function refill(stored: Bucket | undefined, rate: Rate, now: number): Bucket {
  const capacity = rate.calls * rate.periodMs;
  if (stored === undefined) return { rate, credits: capacity, at: now };
  const { rate: before, credits, at } = stored;
  const isSame = before.calls === rate.calls && before.periodMs === rate.periodMs;
  const kept = isSame ? credits : Math.floor(credits / before.periodMs) * rate.periodMs;
  const elapsedMs = Math.min(Math.max(now - at, 0), rate.periodMs);
  return {
    rate,
    credits: Math.min(capacity, kept + elapsedMs * rate.calls),
    at: Math.max(at, now),
  };
}

/** How many calls it can give at once. */
export function callsIn({ rate, credits }: Bucket): number {
  return Math.floor(credits / rate.periodMs);
}

/** Takes calls out; never more than {@link callsIn}. */
export function takeCalls(bucket: Bucket, calls: number): Bucket {
  const taken = Math.min(calls, callsIn(bucket));
  return { ...bucket, credits: bucket.credits - taken * bucket.rate.periodMs };
}

/** Puts unused calls back, as far as there is room. */
export function giveBackCalls(bucket: Bucket, calls: number): Bucket {
  const { rate, credits } = bucket;
  const capacity = rate.calls * rate.periodMs;
  return { ...bucket, credits: Math.min(capacity, credits + calls * rate.periodMs) };
}

/** Milliseconds until it can give a call: exact, if nobody else takes one meanwhile. */
export function retryAfterMs({ rate, credits }: Bucket): number {
  return credits >= rate.periodMs ? 0 : Math.ceil((rate.periodMs - credits) / rate.calls);
}
