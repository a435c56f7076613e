import { describe, expect, test } from 'vitest';
import {
  afterFailure,
  afterNothing,
  BREAKER_LIMITS,
  type Breaker,
  beginAsking,
  CLOSED,
  waitMs,
} from '../../../src/core/policy/breaker.ts';

const {
  opensAt: OPENS_AT,
  openMs: OPEN_MS,
  maxOpenMs: MAX_OPEN_MS,
  probeMs: PROBE_MS,
} = BREAKER_LIMITS;

const failTimes = (times: number, now = 0): Breaker => {
  let breaker = CLOSED;
  for (let failure = 0; failure < times; failure++) breaker = afterFailure(breaker, now);
  return breaker;
};

describe('a breaker', () => {
  test('opens at so many failures in a row, and not before', () => {
    expect(waitMs(failTimes(OPENS_AT - 1), 0)).toBe(0);
    expect(waitMs(failTimes(OPENS_AT), 0)).toBe(OPEN_MS);
    expect(waitMs(failTimes(OPENS_AT), OPEN_MS - 1)).toBe(1);
  });

  test('lets one through when its time is over, and the next one when that has ended', () => {
    const open = failTimes(OPENS_AT);
    expect(waitMs(open, OPEN_MS)).toBe(0);
    const probing = beginAsking(open, OPEN_MS);
    expect(waitMs(probing, OPEN_MS)).toBe(PROBE_MS);
    expect(waitMs(afterNothing(probing), OPEN_MS)).toBe(0);
    expect(waitMs(probing, OPEN_MS + PROBE_MS)).toBe(0);
    expect(waitMs(afterFailure(probing, OPEN_MS), OPEN_MS)).toBe(2 * OPEN_MS);
  });

  test('lets all through while it is closed', () => {
    const one = failTimes(OPENS_AT - 1);
    expect(waitMs(beginAsking(one, 0), 0)).toBe(0);
  });

  test('stays open for as long as the provider asks, up to a bound', () => {
    const open = afterFailure(failTimes(OPENS_AT - 1), 0, 3 * OPEN_MS);
    expect(waitMs(open, 0)).toBe(3 * OPEN_MS);
    expect(waitMs(afterFailure(open, 0, 10 * MAX_OPEN_MS), 0)).toBe(MAX_OPEN_MS);
    expect(waitMs(failTimes(1_000), 0)).toBe(MAX_OPEN_MS);
  });
});
