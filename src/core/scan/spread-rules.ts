/**
 * Looks for texts by their letters and digits alone, whatever is written between them: separators,
 * quotation marks, ends of lines. One pass over a text, and no copy of it.
 *
 * @module
 */

import { isOf } from './alphabets.ts';
import { Automaton } from './automaton.ts';
import { comparedUnitsOf } from './comparisons.ts';
import type { Finding } from './finding.ts';
import { type Found, type Searcher, withoutInner } from './rule-set.ts';

/** So much of a writing is in the automaton, in letters; the rest is compared where that was found. */
const HEAD_LETTERS = 16;

/** Most code units between two letters of one writing. */
const MAX_BETWEEN = 32;

export interface SpreadWriting {
  readonly name: string;
  /** So much of it that what is looked for first is within. */
  readonly beginning: string;
  /** As it is written in one piece: made when its beginning was found, since most never are. */
  readonly write: () => string;
  readonly ignoresCase: boolean;
}

/** The letters and digits of ASCII that are looked for in a text. */
export function toLetters(text: string): string {
  return text.replace(/[^0-9A-Za-z]+/g, '');
}

const TOO_FAR = new RegExp(`[^0-9A-Za-z]{${MAX_BETWEEN + 1}}`);

/** Whether a text would be found by its letters where it stands in one piece. */
export function isSpreadable(text: string): boolean {
  return !TOO_FAR.test(text);
}

/** So much of a spreadable text has the letters that are looked for first. */
export function beginningOf(text: string): string {
  return text.slice(0, HEAD_LETTERS * (MAX_BETWEEN + 1));
}

interface Whole {
  readonly letters: string;
  /** What the writing has before its first letter and behind its last; taken along where it is there. */
  readonly lead: string;
  readonly tail: string;
}

class SpreadRule {
  readonly name: string;
  readonly ignoresCase: boolean;
  readonly head: string;
  readonly leadLength: number;
  readonly #write: () => string;
  #whole: Whole | undefined;

  constructor({ name, beginning, write, ignoresCase }: SpreadWriting) {
    this.name = name;
    this.ignoresCase = ignoresCase;
    this.head = toLetters(beginning).slice(0, HEAD_LETTERS);
    this.leadLength = leadOf(beginning).length;
    this.#write = write;
  }

  get whole(): Whole {
    this.#whole ??= toWhole(this.#write(), this.ignoresCase);
    return this.#whole;
  }
}

function toWhole(text: string, ignoresCase: boolean): Whole {
  const letters = toLetters(text);
  const tail = /[^0-9A-Za-z]*$/.exec(text.slice(-MAX_BETWEEN))?.[0] ?? '';
  return { letters: ignoresCase ? letters.toLowerCase() : letters, lead: leadOf(text), tail };
}

function leadOf(text: string): string {
  return text.slice(0, text.search(/[0-9A-Za-z]/));
}

/**
 * How far a writing goes from where it begins, `open` where the text is over before it is, and where the
 * comparison ended.
 */
interface Reach {
  readonly at: number;
  readonly end: number | 'open' | undefined;
}

/** What of a text begins like one of the writings is compared with it, so often as `comparisons.ts` allows. */
export class SpreadRules implements Searcher {
  readonly #automaton: Automaton;
  readonly #rules: readonly SpreadRule[];
  readonly #longestLead: number;

  /** Each writing holds a letter or a digit. */
  constructor(writings: readonly SpreadWriting[]) {
    this.#rules = writings.map((writing) => new SpreadRule(writing));
    this.#automaton = new Automaton(
      this.#rules.map(({ head }) => head),
      'separators',
    );
    this.#longestLead = Math.max(0, ...this.#rules.map(({ leadLength }) => leadLength));
  }

  search(text: string): Found {
    const found: (Finding & { readonly rule: number })[] = [];
    const doneTo: number[] = [];
    let openFrom = text.length;
    let unitsLeft = comparedUnitsOf(text);
    const unfinished = this.#automaton.search(text, (number, headEnd) => {
      const rule = this.#rules[number] as SpreadRule;
      const first = placeBefore(text, headEnd, rule.head.length);
      if (first < (doneTo[number] ?? 0)) return;
      const { at, end } = unitsLeft > 0 ? reach(text, first, rule) : { at: headEnd, end: headEnd };
      unitsLeft -= at - first;
      if (end === undefined) return;
      const { lead, tail } = rule.whole;
      const start = text.endsWith(lead, first) ? first - lead.length : first;
      if (end === 'open' || isTailOpen(text, end, tail)) openFrom = Math.min(openFrom, start);
      if (end === 'open') return;
      doneTo[number] = end;
      const to = text.startsWith(tail, end) ? end + tail.length : end;
      const { name } = rule;
      found.push({ kind: 'known', name, confidence: 'high', start, end: to, rule: number });
    });
    const begun = placeBefore(text, text.length, unfinished) - this.#longestLead;
    return { findings: withoutInner(found), openFrom: Math.max(0, Math.min(openFrom, begun)) };
  }
}

/** Where the first of so many letters before a place is, or of those that are near enough together. */
function placeBefore(text: string, end: number, letters: number): number {
  let first = end;
  let left = letters;
  for (let at = end - 1; left > 0 && first - at <= MAX_BETWEEN + 1; at--) {
    if (!isOf('word', text.charCodeAt(at))) continue;
    first = at;
    left--;
  }
  return first;
}

function reach(text: string, first: number, { whole, ignoresCase }: SpreadRule): Reach {
  const { letters } = whole;
  let matched = 0;
  let between = 0;
  for (let at = first; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (!isOf('word', unit)) {
      if (++between > MAX_BETWEEN) return { at, end: undefined };
      continue;
    }
    between = 0;
    const letter = ignoresCase && unit > 0x40 && unit < 0x5b ? unit + 0x20 : unit;
    if (letter !== letters.charCodeAt(matched)) return { at, end: undefined };
    if (++matched === letters.length) return { at, end: at + 1 };
  }
  return { at: text.length, end: 'open' };
}

/** Whether the text is over within what a writing has behind its last letter. */
function isTailOpen(text: string, end: number, tail: string): boolean {
  return text.length - end < tail.length && tail.startsWith(text.slice(end));
}
