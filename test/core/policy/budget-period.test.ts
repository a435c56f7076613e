import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUDGET_PERIODS, beginOf, endOf } from '../../../src/core/policy/budget-period.ts';

const instants = fc.integer({ min: 0, max: Date.UTC(2400, 0) });

describe('beginOf() and endOf()', () => {
  test.each([
    ['hour', '2026-11-22T11:59:59.999Z', '2026-11-22T11:00:00Z', '2026-11-22T12:00:00Z'],
    ['hour', '2026-11-22T12:00:00.000Z', '2026-11-22T12:00:00Z', '2026-11-22T13:00:00Z'],
    ['day', '2026-12-31T23:59:59.999Z', '2026-12-31T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['month', '2028-02-29T23:59:59.999Z', '2028-02-01T00:00:00Z', '2028-03-01T00:00:00Z'],
    ['month', '2100-02-28T12:00:00.000Z', '2100-02-01T00:00:00Z', '2100-03-01T00:00:00Z'],
    ['month', '2027-12-31T23:59:59.999Z', '2027-12-01T00:00:00Z', '2028-01-01T00:00:00Z'],
  ] as const)('of the %s of %s are by the calendar', (period, at, begin, end) => {
    expect(beginOf(period, Date.parse(at))).toBe(Date.parse(begin));
    expect(endOf(period, Date.parse(at))).toBe(Date.parse(end));
  });

  test('a month is that of the calendar, at any time', () => {
    fc.assert(
      fc.property(instants, (now) => {
        const date = new Date(now);
        const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
        expect(beginOf('month', now)).toBe(Date.UTC(year, month));
        expect(endOf('month', now)).toBe(Date.UTC(year, month + 1));
      }),
    );
  });

  test('every instant is in one period, and the next begins where it ends', () => {
    fc.assert(
      fc.property(instants, fc.constantFrom(...BUDGET_PERIODS), (now, period) => {
        const begin = beginOf(period, now);
        const end = endOf(period, now);
        expect(begin).toBeLessThanOrEqual(now);
        expect(end === undefined).toBe(period === 'total');
        if (end === undefined) return;
        expect(end).toBeGreaterThan(now);
        expect(beginOf(period, end)).toBe(end);
        expect(beginOf(period, end - 1)).toBe(begin);
      }),
    );
  });
});
