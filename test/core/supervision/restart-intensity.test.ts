import { expect, test } from 'vitest';
import { countRestart } from '../../../src/core/supervision/restart-intensity.ts';

const limits = { intensity: 2, periodMs: 1_000 };

test('the one after the last that is allowed is too many', () => {
  const first = countRestart([], limits, 0);
  const second = countRestart(first.times, limits, 1);
  const third = countRestart(second.times, limits, 2);
  expect([first, second, third].map(({ isExceeded }) => isExceeded)).toEqual([false, false, true]);
});

test('a restart counts for a whole period and no longer', () => {
  expect(countRestart([0, 500], limits, 999).isExceeded).toBe(true);
  expect(countRestart([0, 500], limits, 1_000)).toEqual({ times: [500, 1_000], isExceeded: false });
});

test('with an intensity of zero the first one is too many', () => {
  expect(countRestart([], { intensity: 0, periodMs: 1_000 }, 5).isExceeded).toBe(true);
});

test('no more times are kept than count', () => {
  let times: readonly number[] = [];
  for (let now = 0; now < 100; now++) times = countRestart(times, limits, now).times;
  expect(times).toEqual([98, 99]);
});

test('a clock that was set back forgets nothing', () => {
  expect(countRestart([5_000, 5_001], limits, 4_000).isExceeded).toBe(true);
});
