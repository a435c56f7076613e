/**
 * Looks for texts by their letters and digits alone, whatever is written between them: separators,
 * quotation marks, ends of lines. One pass over a text, and no copy of it.
 *
 * @module
 */

import { isOf } from './alphabets.ts';
import { Automaton } from './automaton.ts';
import type { Finding } from './finding.ts';
import { type Found, type Searcher, withoutInner } from './rule-set.ts';

/** So much of a writing is in the automaton, in letters; the rest is compared where that was found. */
const HEAD_LETTERS = 16;

/** Most code units between two letters of one writing. */
const MAX_BETWEEN = 32;

export interface SpreadWriting {
  readonly name: string;
  /** As it is written in one piece. */
  readonly text: string;
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

interface SpreadRule {
  readonly name: string;
  readonly letters: string;
  readonly ignoresCase: boolean;
  /** What the writing has before its first letter and behind its last; taken along where it is there. */
  readonly lead: string;
  readonly tail: string;
}

/** How far a writing goes from where it begins; `open` where the text is over before it is. */
type Reach = number | 'open' | undefined;

export class SpreadRules implements Searcher {
  readonly #automaton: Automaton;
  readonly #rules: readonly SpreadRule[];
  readonly #longestLead: number;

  /** Each writing holds a letter or a digit. */
  constructor(writings: readonly SpreadWriting[]) {
    this.#rules = writings.map(toRule);
    this.#automaton = new Automaton(this.#rules.map(headOf), 'separators');
    this.#longestLead = Math.max(0, ...this.#rules.map(({ lead }) => lead.length));
  }

  search(text: string): Found {
    const found: (Finding & { readonly rule: number })[] = [];
    const doneTo: number[] = [];
    let openFrom = text.length;
    const unfinished = this.#automaton.search(text, (number, headEnd) => {
      const rule = this.#rules[number] as SpreadRule;
      const first = placeBefore(text, headEnd, headOf(rule).length);
      if (first < (doneTo[number] ?? 0)) return;
      const end = reach(text, first, rule);
      if (end === undefined) return;
      const start = text.endsWith(rule.lead, first) ? first - rule.lead.length : first;
      if (end === 'open' || isTailOpen(text, end, rule)) openFrom = Math.min(openFrom, start);
      if (end === 'open') return;
      doneTo[number] = end;
      const to = text.startsWith(rule.tail, end) ? end + rule.tail.length : end;
      found.push({
        kind: 'known',
        name: rule.name,
        confidence: 'high',
        start,
        end: to,
        rule: number,
      });
    });
    const begun = placeBefore(text, text.length, unfinished) - this.#longestLead;
    return { findings: withoutInner(found), openFrom: Math.max(0, Math.min(openFrom, begun)) };
  }
}

function toRule({ name, text, ignoresCase }: SpreadWriting): SpreadRule {
  const letters = toLetters(text);
  const lead = text.slice(0, text.search(/[0-9A-Za-z]/));
  const tail = text.slice(text.search(/[0-9A-Za-z][^0-9A-Za-z]*$/) + 1);
  return { name, letters: ignoresCase ? letters.toLowerCase() : letters, ignoresCase, lead, tail };
}

function headOf({ letters }: SpreadRule): string {
  return letters.slice(0, HEAD_LETTERS);
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

function reach(text: string, first: number, { letters, ignoresCase }: SpreadRule): Reach {
  let matched = 0;
  let between = 0;
  for (let at = first; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (!isOf('word', unit)) {
      if (++between > MAX_BETWEEN) return undefined;
      continue;
    }
    between = 0;
    const letter = ignoresCase && unit > 0x40 && unit < 0x5b ? unit + 0x20 : unit;
    if (letter !== letters.charCodeAt(matched)) return undefined;
    if (++matched === letters.length) return at + 1;
  }
  return 'open';
}

/** Whether the text is over within what a writing has behind its last letter. */
function isTailOpen(text: string, end: number, { tail }: SpreadRule): boolean {
  return text.length - end < tail.length && tail.startsWith(text.slice(end));
}
