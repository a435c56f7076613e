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

/**
 * Parts of at most `maxChars` UTF-16 code units; joined they are the text. Parts without anything to
 * see are left out, since no platform takes them.
 */
export function splitText(text: string, maxChars: number): readonly string[] {
  const parts: string[] = [];
  let from = 0;
  while (text.length - from > maxChars) {
    const end = findBreak(text, from, maxChars);
    parts.push(text.slice(from, end));
    from = end;
  }
  parts.push(text.slice(from));
  return parts.filter((part) => part.trim() !== '');
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
