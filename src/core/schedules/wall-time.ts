/**
 * What the clocks of a time zone show. A wall time is what they show at a moment, written as if it were
 * UTC, in epoch milliseconds.
 *
 * @module
 */

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

export interface Zone {
  readonly wallTimeOf: (moment: number) => number;
  /**
   * When the clocks first show this or more: a time that comes twice is its first, and one that they skip
   * is the moment right after.
   */
  readonly firstMomentOf: (wallTime: number) => number;
}

/** @throws RangeError if there is no such zone. */
export function openZone(timeZone: string): Zone {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone, hourCycle: 'h23', era: 'short', year: 'numeric', month: 'numeric' },
    ...{ day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  const wallTimeOf = (moment: number) => readParts(format.formatToParts(moment));
  return { wallTimeOf, firstMomentOf: (wallTime) => firstMomentOf(wallTimeOf, wallTime) };
}

function readParts(parts: readonly Intl.DateTimeFormatPart[]): number {
  const { year, month, day, hour, minute, second } = Object.fromEntries(
    parts.map(({ type, value }) => [type, Number(value)]),
  );
  // biome-ignore lint/style/noRestrictedGlobals: arithmetic, not the clock
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
}

function firstMomentOf(wallTimeOf: Zone['wallTimeOf'], wallTime: number): number {
  const offsetAt = (moment: number) => wallTimeOf(moment) - moment;
  const before = wallTime - offsetAt(wallTime - DAY_MS);
  const after = wallTime - offsetAt(wallTime + DAY_MS);
  const shown = [before, after].find((moment) => wallTimeOf(moment) === wallTime);
  if (shown !== undefined) return shown;
  // Skipped: the change lies between the two.
  let [tooEarly, late] = [Math.min(before, after), Math.max(before, after)];
  while (late - tooEarly > MINUTE_MS) {
    const middle = tooEarly + Math.round((late - tooEarly) / 2 / MINUTE_MS) * MINUTE_MS;
    if (wallTimeOf(middle) >= wallTime) late = middle;
    else tooEarly = middle;
  }
  return late;
}
