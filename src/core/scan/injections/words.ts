/**
 * Reads words out of a text, whatever stands between them: line breaks, markup, punctuation.
 *
 * @module
 */

export interface Word {
  /** Lower case. */
  readonly text: string;
  readonly end: number;
}

/** Longest word and longest gap between two words, in code units; beyond, a phrase is over. */
const MAX_WORD = 40;
const MAX_GAP = 48;

const LETTER = /[\p{L}\p{N}]/u;

export function isWordUnit(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (unit < 128) {
    const letter = unit | 0x20;
    return (unit >= 0x30 && unit <= 0x39) || (letter >= 0x61 && letter <= 0x7a);
  }
  return LETTER.test(text.charAt(at)) || (unit >= 0xd800 && unit <= 0xdfff);
}

/** At most `count` words from a place on: fewer where the text is over or a gap is too long. */
export function readWords(text: string, from: number, count: number): readonly Word[] {
  const words: Word[] = [];
  let at = from;
  while (words.length < count) {
    const start = skipGap(text, at);
    if (start === undefined) break;
    at = start;
    while (at < text.length && at - start < MAX_WORD && isWordUnit(text, at)) at++;
    words.push({ text: text.slice(start, at).toLowerCase(), end: at });
  }
  return words;
}

/** Whether more text could bring more words, or make the last one longer. */
export function mayGoOn(text: string, from: number, words: readonly Word[]): boolean {
  return text.length - (words.at(-1)?.end ?? from) < MAX_GAP;
}

function skipGap(text: string, from: number): number | undefined {
  const limit = Math.min(text.length, from + MAX_GAP);
  for (let at = from; at < limit; at++) if (isWordUnit(text, at)) return at;
  return undefined;
}
