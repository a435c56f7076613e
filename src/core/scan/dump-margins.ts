/**
 * Dumps of bytes (`xxd`, `hexdump -C`, `od -t x1`, `od -c`) without what stands around the bytes: the address
 * at the beginning of each line, and the same bytes as text at its end.
 *
 * @module
 */

import { TextCopy } from './text-copy.ts';

/** A line's end and the address that the next one begins with. */
const NEXT_LINE = /\n(?:0x)?[0-9A-Fa-f]{6,16}:?[ \t]+/g;

/**
 * Bytes as text, behind two spaces: no longer than the lines of these programs are, and not the characters
 * that `od -c` writes in the place of bytes, each for itself.
 */
const AS_TEXT = / {2,}(?!\S(?: {2,}\S)* *\r?$)\S[^\n]{0,33}$/;
const MAX_AS_TEXT = 64;

const DUMP_LINE = /^(?:0x)?[0-9A-Fa-f]{6,16}:?[ \t]/;
/** The beginning of a line that could become one. */
const DUMP_BEGINNING = /^(?:0x?)?[0-9A-Fa-f]{0,16}:?$/;

/** The text with its lines of a dump run together; nothing if it has none. */
export function joinDump(text: string): TextCopy | undefined {
  let copy: TextCopy | undefined;
  let done = 0;
  for (const { 0: margin, index } of text.matchAll(NEXT_LINE)) {
    const lineEnd = text.slice(Math.max(done, index - MAX_AS_TEXT), index);
    copy ??= new TextCopy(text);
    copy.keep(done, index - (AS_TEXT.exec(lineEnd)?.[0].length ?? 0));
    copy.write(' ', index, index + margin.length);
    done = index + margin.length;
  }
  copy?.keep(done, text.length);
  return copy;
}

/** Where the lines of a dump begin that a text ends with, since more of them may follow. */
export function startOfDump(text: string): number {
  const lastAt = text.lastIndexOf('\n') + 1;
  const last = text.slice(lastAt);
  let at = DUMP_LINE.test(last) ? lastAt : text.length;
  if (at === text.length && !DUMP_BEGINNING.test(last)) return at;
  for (let end = lastAt - 1; end > 0; ) {
    const from = text.lastIndexOf('\n', end - 1) + 1;
    if (!DUMP_LINE.test(text.slice(from, from + 20))) return at;
    at = from;
    end = from - 1;
  }
  return at;
}
