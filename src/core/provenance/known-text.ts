/**
 * A text of which every word is trusted, read for every form in which a value may stand in it. Each
 * reading is made when it is first needed.
 *
 * @module
 */

import { foldedText, plainText } from './folded-text.ts';
import { isBlank, KnownMoments, type MomentReading, readMoments } from './moments.ts';
import { plainNumber, readNumbers } from './numbers.ts';
import { GaplessText, toCode } from './spaced-codes.ts';
import { WordText } from './whole-words.ts';

/** `exact` values mean something else in another case: paths and commands. */
export type Comparison = 'folded' | 'exact';

/** Digits from which on a number is a code, found as such: no day or hour has as many. */
const MIN_LONG_NUMBER = 9;

export class KnownText {
  readonly #text: string;
  readonly #words: { [comparison in Comparison]?: WordText } = {};
  #reading: MomentReading | undefined;
  #moments: KnownMoments | undefined;
  #numbers: ReadonlySet<number> | undefined;
  #gapless: GaplessText | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  /** Whether a value stands in the text as a whole, or means a moment or a code that does. */
  holds(value: string, comparison: Comparison): boolean {
    if (comparison === 'exact') return this.#wordsFor('exact').holds(plainText(value));
    const folded = foldedText(value);
    const number = plainNumber(folded);
    // The digits of a day or an hour are no number, so no id either.
    if (number !== undefined && folded.length < MIN_LONG_NUMBER) return this.holdsNumber(number);
    return (
      this.#wordsFor('folded').holds(folded) || this.#holdsCode(folded) || this.holdsMoments(folded)
    );
  }

  /** Whether it says this word, or with a star at its end a word that begins so. */
  says(word: string): boolean {
    const folded = foldedText(word);
    const words = this.#wordsFor('folded');
    return folded.endsWith('*') ? words.begins(folded.slice(0, -1)) : words.holds(folded);
  }

  holdsNumber(value: number): boolean {
    return this.#allNumbers().has(value);
  }

  /** Whether a number with as many digits before its point stands in the text, or with more. */
  reaches(value: number): boolean {
    for (const number of this.#allNumbers()) {
      if (number >= value || (number >= 1 && digitsOf(number) >= digitsOf(value))) return true;
    }
    return false;
  }

  #wordsFor(comparison: Comparison): WordText {
    const fold = comparison === 'exact' ? plainText : foldedText;
    this.#words[comparison] ??= new WordText(fold(this.#text));
    return this.#words[comparison];
  }

  #read(): MomentReading {
    this.#reading ??= readMoments(this.#wordsFor('folded').text);
    return this.#reading;
  }

  #allNumbers(): ReadonlySet<number> {
    this.#numbers ??= readNumbers(this.#read().rest);
    return this.#numbers;
  }

  #holdsCode(folded: string): boolean {
    const code = toCode(folded);
    if (code === undefined) return false;
    this.#gapless ??= new GaplessText(this.#wordsFor('folded'));
    return this.#gapless.holds(code);
  }

  /** Whether a folded value is a moment, or several, that the text names. */
  holdsMoments(folded: string): boolean {
    const { moments, rest } = readMoments(folded);
    if (moments.length === 0 || !isBlank(rest)) return false;
    this.#moments ??= new KnownMoments(this.#read().moments);
    const known = this.#moments;
    return moments.every((moment) => known.has(moment));
  }
}

function digitsOf(number: number): number {
  return Math.floor(Math.log10(Math.max(number, 1))) + 1;
}
