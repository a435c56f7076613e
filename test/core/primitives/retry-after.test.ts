import { describe, expect, test } from 'vitest';
import { readRetryAfter } from '../../../src/core/primitives/retry-after.ts';

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
