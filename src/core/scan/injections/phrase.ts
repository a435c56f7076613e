/**
 * A notation for phrases of English, and its matcher.
 *
 * A phrase is a row of steps with a space between. A step is some words (`ignore|disregard`), a group of
 * them (`@orders`), or, from the third on, any word (`*`), once or as often as it says (`{0,3}`). All ways to match are
 * followed at once, as one bit for each place that they have come to, so nothing is ever tried again.
 *
 * @module
 */

import type { Confidence } from '../finding.ts';
import { type Matcher, openFrom } from '../matcher.ts';
import { isWordUnit, mayGoOn, readWords, type Word } from './words.ts';

export type PhraseRow = readonly [name: string, confidence: Confidence, phrase: string];

interface Step {
  /** Nothing for any word. */
  readonly words: ReadonlySet<string> | undefined;
  readonly min: number;
  readonly max: number;
}

/** Most words of a phrase after its first; places are bits of a 32-bit integer. */
const MAX_WORDS = 24;

const STEP = /^(.+?)(?:\{(\d+),(\d+)\})?$/;

/** One matcher for each word that the phrase can begin with. */
export function matchPhrase(
  [name, confidence, phrase]: PhraseRow,
  groups: Readonly<Record<string, string>>,
): readonly Matcher[] {
  const [first, ...rest] = phrase.split(' ').map((step) => parseStep(step, groups));
  const seconds = secondWords(rest);
  return [...(first?.words ?? [])].map((literal) => ({
    name,
    literal,
    read(runs, start, end) {
      const { text } = runs;
      if (isWithin(text, start) || isWordUnit(text, end)) return undefined;
      const [second] = readWords(text, end, 1);
      const isKnown = second !== undefined && seconds.has(second.text);
      if (!isKnown && (second?.end ?? text.length) < text.length) return undefined;
      const words = readWords(text, end, MAX_WORDS);
      const { last, places } = matchSteps(rest, words);
      const isOpen = mayGoOn(text, end, words) && (places & endsOf(words, text)) !== 0;
      if (last === undefined) return isOpen ? openFrom(start, runs) : undefined;
      return { start, end: last, confidence, isOpen };
    },
  }));
}

function isWithin(text: string, at: number): boolean {
  return at > 0 && isWordUnit(text, at - 1);
}

function parseStep(written: string, groups: Readonly<Record<string, string>>): Step {
  const [, body = '', min = '1', max = '1'] = STEP.exec(written) ?? [];
  const words = body.split('|').flatMap((word) => {
    const group = word.startsWith('@') ? groups[word.slice(1)] : word;
    if (group === undefined) throw new RangeError(`Cannot read phrase: "${word}" must be a group`);
    return group.split(' ');
  });
  const isAny = body === '*';
  return { words: isAny ? undefined : new Set(words), min: Number(min), max: Number(max) };
}

/** Every word that may come second: most texts that begin like a phrase end there. */
function secondWords(steps: readonly Step[]): ReadonlySet<string> {
  const seconds = new Set<string>();
  for (const { words, min } of steps) {
    for (const word of words ?? []) seconds.add(word);
    if (min > 0) break;
  }
  return seconds;
}

/** The places from which a word that is not there yet would be next: the last one may be cut. */
function endsOf(words: readonly Word[], text: string): number {
  if (words.length === MAX_WORDS) return 0;
  const isCut = words.at(-1)?.end === text.length;
  return (isCut ? 0b11 : 0b10) << (words.length - 1);
}

interface Matched {
  /** Where the phrase ends at the latest, if it does. */
  readonly last?: number | undefined;
  /** All that were come to, on the way as well. */
  readonly places: number;
}

function matchSteps(steps: readonly Step[], words: readonly Word[]): Matched {
  let present = 1;
  let places = 1;
  for (const step of steps) {
    const { reached, passed } = advance(step, present, words);
    places |= passed;
    if (reached === 0) return { places };
    present = reached;
  }
  return { last: words[30 - Math.clz32(present)]?.end, places };
}

/** The places that a step can lead to from any of `places`, and those that it passes through. */
function advance(
  { words: allowed, min, max }: Step,
  places: number,
  words: readonly Word[],
): { readonly reached: number; readonly passed: number } {
  let reached = min === 0 ? places : 0;
  let passed = 0;
  let present = places;
  for (let taken = 1; taken <= max && present !== 0; taken++) {
    let next = 0;
    for (const [at, { text }] of words.entries()) {
      const isHere = (present & (1 << at)) !== 0;
      if (isHere && (allowed === undefined || allowed.has(text))) next |= 1 << (at + 1);
    }
    present = next;
    passed |= present;
    if (taken >= min) reached |= present;
  }
  return { reached, passed };
}
