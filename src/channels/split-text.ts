/**
 * Splits a long reply where a reader would: between paragraphs, lines, words, and never within what
 * is seen as one character.
 *
 * @module
 */

/** A paragraph's, line's or word's end is used only in the last half of what fits. */
const EARLIEST_BREAK = 0.5;

const GRAPHEMES = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** Breaks after these, the best first. */
const BREAKS = ['\n\n', '\n', ' '];

/** How long a text is to whoever takes it. A part of it is never longer. */
export type TextLength = (text: string) => number;

/** In UTF-16 code units. */
export const codeUnits: TextLength = ({ length }) => length;

/**
 * Parts of at most `maxChars`; joined they are the text. Parts without anything to see are left out,
 * since no platform takes them.
 */
export function splitText(
  text: string,
  maxChars: number,
  lengthOf: TextLength = codeUnits,
): readonly string[] {
  const parts: string[] = [];
  let from = 0;
  for (;;) {
    const fits = lengthThatFits(text.slice(from, from + maxChars), maxChars, lengthOf);
    if (from + fits >= text.length) break;
    const end = findBreak(text, from, fits);
    parts.push(text.slice(from, end));
    from = end;
  }
  parts.push(text.slice(from));
  return parts.filter((part) => part.trim() !== '');
}

/** How many code units of it, of which the first always does. */
function lengthThatFits(text: string, maxChars: number, lengthOf: TextLength): number {
  let [fits, tooMany] = [1, text.length + 1];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (lengthOf(text.slice(0, middle)) <= maxChars) fits = middle;
    else tooMany = middle;
  }
  return fits;
}

function findBreak(text: string, from: number, maxChars: number): number {
  const window = text.slice(from, from + maxChars);
  const earliest = Math.floor(maxChars * EARLIEST_BREAK);
  for (const mark of BREAKS) {
    const at = window.lastIndexOf(mark);
    if (at >= earliest) return from + at + mark.length;
  }
  return from + lengthOfWholeGraphemes(text.slice(from, from + maxChars + 2), maxChars);
}

/** A character longer than a whole part is cut, though not within a code point. */
function lengthOfWholeGraphemes(text: string, maxChars: number): number {
  let length = 0;
  for (const { segment } of GRAPHEMES.segment(text)) {
    if (length + segment.length > maxChars) break;
    length += segment.length;
  }
  if (length > 0) return length;
  const isHighSurrogate = /[\uD800-\uDBFF]/.test(text[maxChars - 1] ?? '');
  return isHighSurrogate && maxChars > 1 ? maxChars - 1 : maxChars;
}
