/**
 * Runs of characters of one alphabet.
 *
 * @module
 */

import { type Alphabet, isOf } from './alphabets.ts';

/**
 * Reads runs of a text, and remembers for each alphabet the last one that was read: however often the
 * same run is asked for, it is walked through once.
 */
export class TextRuns {
  readonly text: string;
  readonly #known: Partial<Record<Alphabet, { from: number; to: number }>> = {};

  constructor(text: string) {
    this.text = text;
  }

  /** First place at or after `from` that is not of an alphabet, at most `max` further on. */
  endOfRun(alphabet: Alphabet, from: number, max: number): number {
    const { text } = this;
    const limit = Math.min(text.length, from + max);
    let known = this.#known[alphabet];
    if (known === undefined || from < known.from || from > known.to) {
      known = { from, to: from };
      this.#known[alphabet] = known;
    }
    while (known.to < limit && isOf(alphabet, text.charCodeAt(known.to))) known.to++;
    return Math.min(known.to, limit);
  }
}
