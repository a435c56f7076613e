/**
 * Days and times of day as people write them, so that `2024-05-20 10:00` is known to be what
 * "May 20th at 10 am" says. Numeric forms, and the names of months in English.
 *
 * @module
 */

/** What one stretch of text may mean: several readings where the order of day and month is open. */
export type Moment = readonly string[];

export interface MomentReading {
  readonly moments: readonly Moment[];
  /** The text with every moment blanked out: its digits are not numbers of their own. */
  readonly rest: string;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MONTH =
  '(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';
/** Neither letter nor digit follows. */
const NO_MORE = '(?![\\p{L}\\p{N}_])';
const DAY = '(\\d{1,2})(?:st|nd|rd|th)?';

type Reader = (groups: readonly (string | undefined)[]) => Moment;

/** In this order: a longer form goes before what it contains. */
const FORMS: readonly (readonly [RegExp, Reader])[] = [
  [
    form('(\\d{4})([-/])(\\d{1,2})\\2(\\d{1,2})', `(?:t(?=\\d)|${NO_MORE})`),
    ([y, , m, d]) => readDate(y, m, d),
  ],
  [
    form('(\\d{1,2})([./-])(\\d{1,2})\\2(\\d{4})'),
    ([a, mark, b, y]) => [
      ...readDate(y, b, a),
      ...(mark === '.' || a === b ? [] : readDate(y, a, b)),
    ],
  ],
  [form(`${MONTH}\\.? ${DAY}(?:,? (\\d{4}))?`), ([m, d, y]) => readDate(y, monthNumber(m), d)],
  [
    form(`${DAY} (?:of )?${MONTH}\\.?(?:,? (\\d{4}))?`),
    ([d, m, y]) => readDate(y, monthNumber(m), d),
  ],
  [
    form('(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:\\.\\d{1,9})?)? ?(am|pm|z)?'),
    ([hours, minutes, seconds, half]) => readTime({ hours, minutes, seconds, half }),
  ],
  [form('(\\d{1,2}) ?(am|pm)'), ([hours, half]) => readTime({ hours, minutes: '00', half })],
];

/** Reads all moments of a folded text. */
export function readMoments(folded: string): MomentReading {
  const moments: Moment[] = [];
  let rest = folded;
  if (!/\d/.test(folded)) return { moments, rest };
  for (const [pattern, read] of FORMS) {
    rest = rest.replace(pattern, (whole: string, ...groups: (string | undefined)[]) => {
      const moment = read(groups);
      if (moment.length === 0) return whole;
      moments.push(moment);
      return ' '.repeat(whole.length);
    });
  }
  return { moments, rest };
}

/** Whether a rest holds no word and no figure any more. */
export function isBlank(rest: string): boolean {
  return !/[\p{L}\p{N}]/u.test(rest);
}

/** Days and times that somebody named, and whether he named these. */
export class KnownMoments {
  readonly #named = new Set<string>();

  constructor(moments: readonly Moment[]) {
    for (const reading of moments.flat()) {
      this.#named.add(reading);
      // A day of a certain year answers for the day that is named without one.
      if (isDatedDay(reading)) this.#named.add(`some${reading.slice(4)}`);
    }
  }

  /** A day without a year was meant for whichever year; a day of a year for that one only. */
  has(moment: Moment): boolean {
    return moment.some(
      (reading) =>
        this.#named.has(reading) ||
        (reading.startsWith('any-') && this.#named.has(`some${reading.slice(3)}`)) ||
        (isDatedDay(reading) && this.#named.has(`any${reading.slice(4)}`)),
    );
  }
}

function form(source: string, end = NO_MORE): RegExp {
  return new RegExp(`(?<![\\p{L}\\p{N}_])${source}${end}`, 'gu');
}

function isDatedDay(reading: string): boolean {
  return /^\d{4}-/.test(reading);
}

function readDate(year: string | undefined, month = '', day = ''): Moment {
  const isDay = Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= 31;
  return isDay ? [`${year ?? 'any'}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`] : [];
}

interface Clock {
  readonly hours: string | undefined;
  readonly minutes: string | undefined;
  readonly seconds?: string | undefined;
  /** `z` is the mark of UTC, not a half of the day. */
  readonly half: string | undefined;
}

function readTime({ hours, minutes = '', seconds = '00', half }: Clock): Moment {
  const written = Number(hours);
  const isHalved = half === 'am' || half === 'pm';
  const hour = isHalved ? (written % 12) + (half === 'pm' ? 12 : 0) : written;
  if (hour > 23 || Number(minutes) > 59 || (isHalved && written > 12)) return [];
  const tail = seconds === '00' ? '' : `:${seconds}`;
  return [`${String(hour).padStart(2, '0')}:${minutes}${tail}`];
}

function monthNumber(name = ''): string {
  return String(MONTHS.indexOf(name.slice(0, 3)) + 1);
}
