/**
 * When a schedule is due. Pure: the moment to count from is handed in.
 *
 * @module
 */

import { Cron } from 'croner';

export type When = { readonly cron: string; readonly timeZone: string } | { readonly at: number };

/**
 * The first moment after `after` at which it is due, in epoch milliseconds; `undefined` if there is
 * none, or if the expression or the time zone cannot be read.
 *
 * An hour that the clock skips has its runs right after it; one that comes twice has them once.
 */
export function nextRunOf(when: When, after: number): number | undefined {
  if ('at' in when) return when.at > after ? when.at : undefined;
  try {
    const cron = new Cron(when.cron, { paused: true, timezone: when.timeZone, mode: '5-part' });
    // biome-ignore lint/style/noRestrictedGlobals: a moment that was handed in, not the clock
    return cron.nextRun(new Date(after))?.getTime();
  } catch {
    return undefined;
  }
}

export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
