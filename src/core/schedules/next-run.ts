/**
 * When a schedule is due. Pure: the moment to count from is handed in.
 *
 * @module
 */

import { Cron } from 'croner';
import { openZone } from './wall-time.ts';

export type When = { readonly cron: string; readonly timeZone: string } | { readonly at: number };

/**
 * The first moment after `after` at which it is due, in epoch milliseconds; `undefined` if there is
 * none, or if the expression or the time zone cannot be read.
 *
 * A time that the clock skips has its run right after it, one for all that were skipped at once; one that
 * comes twice has one. What is due in every hour is due in each, however clocks are set.
 */
export function nextRunOf(when: When, after: number): number | undefined {
  if ('at' in when) return when.at > after ? when.at : undefined;
  try {
    const { cron, timeZone } = when;
    return isHourly(cron) ? nextMatch(cron, timeZone, after) : nextByWall(cron, timeZone, after);
  } catch {
    return undefined;
  }
}

function nextByWall(cron: string, timeZone: string, after: number): number | undefined {
  const { wallTimeOf, firstMomentOf } = openZone(timeZone);
  let shown: number | undefined = wallTimeOf(after);
  for (;;) {
    shown = nextMatch(cron, 'UTC', shown);
    if (shown === undefined) return undefined;
    const moment = firstMomentOf(shown);
    if (moment > after) return moment;
  }
}

/** However it is written that all hours are meant. */
const EVERY_HOUR = /^(?:\*|0-23)(?:\/1)?$/;

function isHourly(cron: string): boolean {
  return EVERY_HOUR.test(cron.trim().split(/\s+/)[1] ?? '');
}

function nextMatch(cron: string, timezone: string, after: number): number | undefined {
  const pattern = new Cron(cron, { paused: true, timezone, mode: '5-part' });
  // biome-ignore lint/style/noRestrictedGlobals: a moment that was handed in, not the clock
  return pattern.nextRun(new Date(after))?.getTime();
}

export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
