import { describe, expect, test } from 'vitest';
import { delayAfter, maySendAgain } from '../../src/channels/send-again.ts';

describe('delayAfter()', () => {
  test('doubles with each attempt, and is never less than the platform wants, up to an hour', () => {
    expect([1, 2, 8].map((attempts) => delayAfter(attempts))).toEqual([1_000, 2_000, 128_000]);
    expect([500, 900_000, 7_200_000].map((wanted) => delayAfter(1, wanted))).toEqual([
      1_000, 900_000, 3_600_000,
    ]);
    expect(delayAfter(8, 1)).toBe(128_000);
  });
});

describe('maySendAgain()', () => {
  const busy = { kind: 'busy' } as const;
  const young = { attempts: 1, ageMs: 0 };

  test('eight requests are made of what was surely not done, however old it is', () => {
    const attempts = (count: number) => maySendAgain(busy, { attempts: count, ageMs: 9_000_000 });
    expect([1, 7, 8].map(attempts)).toEqual([true, true, false]);
  });

  test('where more than so long makes no difference, no longer', () => {
    const after = (ageMs: number) => maySendAgain({ ...busy, forMs: 3_000 }, { ...young, ageMs });
    expect([0, 2_999, 3_000].map(after)).toEqual([true, true, false]);
  });
});
