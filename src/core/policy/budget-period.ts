/**
 * The periods that a budget is for, by the calendar (UTC), so that everybody knows when one ends.
 *
 * @module
 */

/** `total` has no end: what it bounds is used up for good. */
export const BUDGET_PERIODS = ['hour', 'day', 'month', 'total'] as const;

export type BudgetPeriod = (typeof BUDGET_PERIODS)[number];

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Epoch milliseconds at which the period that holds `now` began. */
export function beginOf(period: BudgetPeriod, now: number): number {
  if (period === 'total') return 0;
  if (period === 'month') return monthAt(now).begin;
  const ms = period === 'hour' ? HOUR_MS : DAY_MS;
  return Math.floor(now / ms) * ms;
}

/** Epoch milliseconds at which the next one begins; nothing if there is none. */
export function endOf(period: BudgetPeriod, now: number): number | undefined {
  if (period === 'total') return undefined;
  if (period === 'month') return monthAt(now).end;
  return beginOf(period, now) + (period === 'hour' ? HOUR_MS : DAY_MS);
}

interface Span {
  readonly begin: number;
  readonly end: number;
}

/** Counts from 1970, which no clock of ours is before. */
function monthAt(now: number): Span {
  const today = Math.floor(now / DAY_MS);
  let year = 1970;
  let day = 0;
  while (day + daysOfYear(year) <= today) {
    day += daysOfYear(year);
    year += 1;
  }
  let month = 0;
  while (month < 11 && day + daysOfMonth(year, month) <= today) {
    day += daysOfMonth(year, month);
    month += 1;
  }
  return { begin: day * DAY_MS, end: (day + daysOfMonth(year, month)) * DAY_MS };
}

const MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

function daysOfMonth(year: number, month: number): number {
  return month === 1 && isLeap(year) ? 29 : (MONTHS[month] ?? 31);
}

function daysOfYear(year: number): number {
  return isLeap(year) ? 366 : 365;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}
