/**
 * Finds runs of a text that may be base64 or hexadecimal, and decodes those that hold text.
 *
 * @module
 */

import { isOf } from './alphabets.ts';
import { decodeBase64, decodeHex, goesOnAsText, mayBeText } from './encodings.ts';
import type { Span } from './text-copy.ts';

/** Shortest run that is decoded, in code units: twelve bytes of base64. */
const MIN_RUN = 16;

/** Lines of wrapped base64 (MIME, PEM) have at least this many characters. */
const MIN_LINE = 56;

export interface DecodedRun extends Span {
  readonly text: string;
}

/** Whether a code unit below 128 is of base64, either alphabet. */
const IS_BASE64 = Uint8Array.from({ length: 128 }, (_, unit) => (isOf('base64', unit) ? 1 : 0));

/** All runs that decode to text, from left to right, in time linear in the text. */
export function decodeRuns(text: string): readonly DecodedRun[] {
  const decoded: DecodedRun[] = [];
  const { length } = text;
  let start = 0;
  for (let at = 0; at <= length; at++) {
    if (at < length && IS_BASE64[text.charCodeAt(at)] === 1) continue;
    if (at - start >= MIN_RUN && mayBeText(text, start)) {
      const lines = linesFrom(text, { start, end: at });
      for (const run of decodeLines(text, lines)) decoded.push(run);
      at = lines.at(-1)?.end ?? at;
    }
    start = at + 1;
  }
  return decoded;
}

/** The lines of a run, which may go on below its first one. */
function linesFrom(text: string, first: Span): readonly Span[] {
  const lines = [first];
  for (let { start, end } = first; ; ) {
    const lineBreak = text.startsWith('\r\n', end) ? 2 : text[end] === '\n' ? 1 : 0;
    const next = end + lineBreak;
    if (lineBreak === 0 || end - start < MIN_LINE || IS_BASE64[text.charCodeAt(next)] !== 1) {
      return lines;
    }
    start = next;
    end = next;
    while (end < text.length && IS_BASE64[text.charCodeAt(end)] === 1) end++;
    lines.push({ start, end });
  }
}

/**
 * All lines as one run. Where that is no text, not all of them are of it: padding ends one, what stands in
 * the line above or below it need not be encoded at all, as a line of dashes, and each line may be a run of its
 * own. None is decoded more than eight times.
 */
function decodeLines(text: string, lines: readonly Span[]): readonly DecodedRun[] {
  const whole = decodeRun(text, lines);
  if (whole.length > 0 || lines.length === 1) return whole;
  const padded = splitAtPadding(text, lines);
  if (padded.length > 1) return padded.flatMap((part) => decodeLines(text, part));
  const alone = lines.flatMap((line) => decodeRun(text, [line]));
  if (lines.length === 2) return alone;
  const butLast = lines.slice(0, -1);
  const isNew = (part: readonly Span[]) =>
    part.length > 1 && (part[0] !== butLast[0] || part.at(-1) !== butLast.at(-1));
  const parts = [...textParts(text, lines), ...hexParts(text, lines)].filter(isNew);
  return [...[butLast, ...parts].flatMap((part) => decodeRun(text, part)), ...alone];
}

/** Lines of which each goes on as text where the one above it ends, as many together as do. */
function* textParts(text: string, lines: readonly Span[]): Generator<readonly Span[]> {
  let part: Span[] = [];
  // What its last line begins of four characters, which stand for three bytes.
  let begun = '';
  for (const line of lines) {
    const written = text.slice(line.start, line.end);
    if (part.length > 0 && !goesOnAsText(begun + written)) {
      yield part;
      part = [];
      begun = '';
    }
    if (part.length === 0 && decodeBase64(written) === undefined) continue;
    part.push(line);
    const all = begun + written;
    begun = all.slice(all.length - (all.length % 4));
  }
  yield part;
}

function* hexParts(text: string, lines: readonly Span[]): Generator<readonly Span[]> {
  let part: Span[] = [];
  for (const line of lines) {
    if (HEX.test(text.slice(line.start, line.end))) {
      part.push(line);
      continue;
    }
    yield part;
    part = [];
  }
  yield part;
}

/** Each part but the last ends with a line that has padding, and has no other. */
function splitAtPadding(text: string, lines: readonly Span[]): readonly (readonly Span[])[] {
  const parts: (readonly Span[])[] = [];
  let from = 0;
  for (const [index, { end }] of lines.entries()) {
    if (text[end - 1] !== '=' && index < lines.length - 1) continue;
    parts.push(lines.slice(from, index + 1));
    from = index + 1;
  }
  return parts;
}

const HEX = /^(?:0x)?((?:[0-9a-f]{2})+|(?:[0-9A-F]{2})+)$/;

function decodeRun(text: string, lines: readonly Span[]): readonly DecodedRun[] {
  const written = lines.map((line) => text.slice(line.start, line.end)).join('');
  const hex = HEX.exec(written)?.[1];
  const decoded = hex === undefined ? decodeBase64(written) : decodeHex(hex);
  if (decoded === undefined || decoded === '') return [];
  const [start, end] = [lines[0]?.start ?? 0, lines.at(-1)?.end ?? 0];
  return [{ text: decoded, start, end }];
}

/** Where the run of ASCII without spaces begins that a place is in, or that a text ends with. */
export function startOfWord(text: string, place: number): number {
  if (place < text.length && !isVisibleAscii(text.charCodeAt(place))) return place;
  return startOfLastWord(text, place);
}

function startOfLastWord(text: string, end: number): number {
  let at = Math.min(end, text.length);
  while (at > 0 && isVisibleAscii(text.charCodeAt(at - 1))) at--;
  return at;
}

/**
 * The same for the end of a text, over the lines of wrapped base64: each could go on in the next. What ends
 * with one half of a line break may do so, too.
 */
export function startOfWrapped(text: string): number {
  let at = startOfLastWord(text, text.endsWith('\r') ? text.length - 1 : text.length);
  for (;;) {
    const lineEnd = text.startsWith('\r\n', at - 2) ? at - 2 : text[at - 1] === '\n' ? at - 1 : -1;
    if (lineEnd < MIN_LINE) return at;
    const line = text.slice(lineEnd - MIN_LINE, lineEnd);
    if (!Array.from(line).every((character) => isOf('base64', character.charCodeAt(0)))) return at;
    at = startOfLastWord(text, lineEnd);
  }
}

function isVisibleAscii(unit: number): boolean {
  return unit > 0x20 && unit < 0x7f;
}
