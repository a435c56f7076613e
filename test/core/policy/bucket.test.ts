import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Bucket,
  callsIn,
  giveBackCalls,
  refill,
  retryAfterMs,
  takeCalls,
} from '../../../src/core/policy/bucket.ts';
import type { Rate } from '../../../src/core/policy/policy.ts';

const T = 1_800_000_000_000;
const fullBucket = (rate: Rate, now: number): Bucket => refill(undefined, rate, now);
const rate = { calls: 3, periodMs: 10_000 };
const empty = takeCalls(fullBucket(rate, T), 3);

const someRate = fc.record({
  calls: fc.integer({ min: 1, max: 1_000_000 }),
  periodMs: fc.integer({ min: 1_000, max: 86_400_000 }),
});

describe('a bucket', () => {
  test('holds what its rate says, and not one call more', () => {
    expect(callsIn(fullBucket(rate, T))).toBe(3);
    expect(callsIn(empty)).toBe(0);
    expect(takeCalls(empty, 5)).toEqual(empty);
  });

  test('is full again after its period, and not a millisecond earlier', () => {
    expect(callsIn(refill(empty, rate, T + 9_999))).toBe(2);
    expect(callsIn(refill(empty, rate, T + 10_000))).toBe(3);
    expect(refill(empty, rate, T + 1e12)).toEqual(fullBucket(rate, T + 1e12));
  });

  test('says to the millisecond when it can give the next call', () => {
    expect(retryAfterMs(empty)).toBe(3_334);
    expect(callsIn(refill(empty, rate, T + 3_333))).toBe(0);
    expect(callsIn(refill(empty, rate, T + 3_334))).toBe(1);
    expect(retryAfterMs(fullBucket(rate, T))).toBe(0);
  });

  test('keeps its whole calls when the rate changes, as many as there is room for', () => {
    const two = takeCalls(fullBucket(rate, T), 1);
    expect(callsIn(refill(two, { calls: 100, periodMs: 1_000 }, T))).toBe(2);
    expect(callsIn(refill(two, { calls: 1, periodMs: 60_000 }, T))).toBe(1);
  });

  test('gains nothing from a clock that goes backwards, nor twice from one that comes back', () => {
    const back = refill(empty, rate, T - 5_000);
    expect(callsIn(back)).toBe(0);
    expect(refill(back, rate, T + 5_000)).toEqual(refill(empty, rate, T + 5_000));
  });

  test('never holds more than it can, whatever is given back', () => {
    expect(giveBackCalls(fullBucket(rate, T), 7)).toEqual(fullBucket(rate, T));
    expect(callsIn(giveBackCalls(empty, 2))).toBe(2);
  });
});

describe('for all rates', () => {
  test('retryAfterMs() is exact', () => {
    fc.assert(
      fc.property(someRate, fc.integer({ min: 0, max: 1e9 }), (any, elapsed) => {
        const drained = takeCalls(fullBucket(any, T), any.calls);
        const later = refill(drained, any, T + elapsed);
        const left = takeCalls(later, callsIn(later));
        const wait = retryAfterMs(left);
        expect(callsIn(refill(left, any, left.at + wait))).toBeGreaterThanOrEqual(1);
        expect(callsIn(refill(left, any, left.at + wait - 1))).toBe(0);
      }),
    );
  });

  test('gives no more in any stretch of time than it holds and is refilled with', () => {
    const steps = fc.array(
      fc.record({ wait: fc.nat({ max: 100_000 }), want: fc.nat({ max: 50 }) }),
      { maxLength: 50 },
    );
    fc.assert(
      fc.property(
        fc.record({
          calls: fc.integer({ min: 1, max: 20 }),
          periodMs: fc.integer({ min: 1_000, max: 60_000 }),
        }),
        steps,
        (any, requests) => {
          let bucket: Bucket = fullBucket(any, T);
          let now = T;
          let taken = 0;
          for (const { wait, want } of requests) {
            now += wait;
            const fresh = refill(bucket, any, now);
            bucket = takeCalls(fresh, want);
            taken += callsIn(fresh) - callsIn(bucket);
            expect(Number.isSafeInteger(bucket.credits) && bucket.credits >= 0).toBe(true);
            const refilled = Math.floor(((now - T) * any.calls) / any.periodMs);
            expect(taken).toBeLessThanOrEqual(any.calls + refilled);
          }
        },
      ),
    );
  });
});
