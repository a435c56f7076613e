import { describe, expect, test } from 'vitest';
import { afterFailure, MAX_ATTEMPTS } from '../../../src/core/memory/summary-attempts.ts';

const NOW = 1_000_000;

describe('afterFailure()', () => {
  test('waits longer each time, as long as a provider asks for, and never for too long', () => {
    const delay = (attempts: number, asked: number) =>
      afterFailure(attempts, asked, NOW).notBefore - NOW;
    expect([delay(1, 0), delay(2, 0), delay(3, 0)]).toEqual([5_000, 10_000, 20_000]);
    expect([delay(1, 30_000), delay(1, 3_600_000)]).toEqual([30_000, 120_000]);
    expect(afterFailure(2, 0, NOW).attempts).toBe(2);
  });

  test('gives up at once where asking again would not help', () => {
    expect(afterFailure(1, undefined, NOW)).toEqual({ attempts: MAX_ATTEMPTS, notBefore: NOW });
  });
});
