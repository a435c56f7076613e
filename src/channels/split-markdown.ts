/**
 * Splits a long reply in Markdown: as plain text is split, but a fenced block that is cut is closed at the
 * end of its part and opened again in the next, so that neither half is read as prose.
 *
 * @module
 */

import { codeUnits, splitText, type TextLength } from './split-text.ts';

/** A line that opens or closes a fenced block (CommonMark 0.31, section 4.5). */
const FENCE = /^ {0,3}(`{3,}|~{3,})([^\n]*)$/gm;

/** Longest fence, with what is said of its language, that is written again. */
const MAX_FENCE_CHARS = 64;

/** Room for a fence that is opened again, and for one that is closed. */
const RESERVE_CHARS = 2 * (MAX_FENCE_CHARS + 1);

interface OpenFence {
  readonly line: string;
  readonly marks: string;
}

/** Parts of at most `maxChars`, which must be at least 512. */
export function splitMarkdown(
  text: string,
  maxChars: number,
  lengthOf: TextLength = codeUnits,
): readonly string[] {
  if (lengthOf(text) <= maxChars) return splitText(text, maxChars, lengthOf);
  let open: OpenFence | undefined;
  return splitText(text, maxChars - RESERVE_CHARS, lengthOf).map((part) => {
    const begin = open === undefined ? '' : `${open.line}\n`;
    open = fenceAfter(part, open, lengthOf);
    const end = open === undefined ? '' : `${part.endsWith('\n') ? '' : '\n'}${open.marks}`;
    return `${begin}${part}${end}`;
  });
}

/** The fence that is open when a part has ended. A long one counts as prose. */
function fenceAfter(
  part: string,
  before: OpenFence | undefined,
  lengthOf: TextLength,
): OpenFence | undefined {
  let open = before;
  for (const [line, marks = '', rest = ''] of part.matchAll(FENCE)) {
    if (open === undefined) {
      const isOne =
        lengthOf(line) <= MAX_FENCE_CHARS && !(marks.startsWith('`') && rest.includes('`'));
      if (isOne) open = { line, marks };
    } else if (rest.trim() === '' && marks.startsWith(open.marks)) {
      open = undefined;
    }
  }
  return open;
}
