/**
 * Account numbers, telephone numbers and the like, which people write in groups and programs do
 * not: `GB29 NWBK 6016 1331 9268 19`.
 *
 * @module
 */

import { findPlace, type WordText } from './whole-words.ts';

const GAPS = /[ \-.]/g;
const CODE = /^\+?[\p{L}\p{N}]+$/u;

/** Shorter texts, and texts with fewer digits, are words: there a gap means something. */
const MIN_LENGTH = 8;
const MIN_DIGITS = 4;

/** The value without its gaps, if it is a code. */
export function toCode(value: string): string | undefined {
  const code = value.replace(GAPS, '');
  const isCode = code.length >= MIN_LENGTH && CODE.test(code);
  return isCode && (code.match(/\d/g)?.length ?? 0) >= MIN_DIGITS ? code : undefined;
}

/** A text without gaps, which still knows where its words began and ended. */
export class GaplessText {
  readonly #source: WordText;
  readonly #text: string;
  /** For each place here, the place in the source. */
  readonly #places: Uint32Array;

  constructor(source: WordText) {
    this.#source = source;
    this.#text = source.text.replace(GAPS, '');
    this.#places = new Uint32Array(this.#text.length);
    let place = 0;
    for (let from = 0; from < source.text.length; from++) {
      if (!' -.'.includes(source.text[from] ?? '')) this.#places[place++] = from;
    }
  }

  /** Whether the code stands here as a whole. */
  holds(code: string): boolean {
    return (
      findPlace(this.#text, code, (start, end) => {
        const last = this.#places[end - 1] ?? 0;
        return this.#source.isWhole(this.#places[start] ?? 0, last + 1);
      }) !== undefined
    );
  }
}
