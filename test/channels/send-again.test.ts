import { describe, expect, test } from 'vitest';
import { delayAfter, readRetryAfter } from '../../src/channels/send-again.ts';

const NOW = Date.UTC(2026, 0, 1, 12);

describe('readRetryAfter()', () => {
  test.each([
    [null, undefined],
    ['0', 0],
    ['7', 7_000],
    ['0.35', 350],
    ['Thu, 01 Jan 2026 12:02:00 GMT', 120_000],
    ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
    ['-5', undefined],
    ['', undefined],
    ['soon', undefined],
    ['9'.repeat(400), undefined],
  ])('reads %j', (header, expected) => {
    expect(readRetryAfter(header, NOW)).toBe(expected);
  });
});

describe('delayAfter()', () => {
  test('doubles with each attempt, and is never less than the platform wants, up to an hour', () => {
    expect([1, 2, 8].map((attempts) => delayAfter(attempts))).toEqual([1_000, 2_000, 128_000]);
    expect([500, 900_000, 7_200_000].map((wanted) => delayAfter(1, wanted))).toEqual([
      1_000, 900_000, 3_600_000,
    ]);
    expect(delayAfter(8, 1)).toBe(128_000);
  });
});
