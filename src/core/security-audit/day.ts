/**
 * Days of the calendar, without a clock.
 *
 * @module
 */

export const DAY_MS = 86_400_000;

/** Whole ones, of two moments in epoch milliseconds. */
export function daysBetween(from: number, to: number): number {
  return Math.floor((to - from) / DAY_MS);
}

/** So many whole days, for a sentence. */
export function tellDays(days: number): string {
  if (days < 1) return 'less than a day';
  return days === 1 ? '1 day' : `${days} days`;
}

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const DAYS_PER_400_YEARS = 146_097;
/** From the first of March of the year 0 to the first day of 1970. */
const BEFORE_1970 = 719_468;

/**
 * Days from the first of January 1970 to a day of the Gregorian calendar, written `YYYY-MM-DD`; nothing for
 * any other text. Counts years from March on, so that a leap day is the last one.
 *
 * @example
 * ```ts
 * toEpochDay('1970-01-02'); // 1
 * toEpochDay('2026-1-2');   // undefined
 * ```
 */
export function toEpochDay(text: string): number | undefined {
  const [year, month, day] = DAY.exec(text)?.slice(1).map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  const from = month > 2 ? year : year - 1;
  const era = Math.floor(from / 400);
  const yearOfEra = from - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * DAYS_PER_400_YEARS + yearOfEra * 365 + leapDays + dayOfYear - BEFORE_1970;
}
