/**
 * Finds runs of a text that may be base64 or hexadecimal, and decodes those that hold text.
 *
 * @module
 */

import { isOf } from './alphabets.ts';
import { decodeBase64, decodeHex, mayBeText } from './encodings.ts';
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
      at = endOfWrapped(text, start, at);
      decoded.push(...decodeRun(text, { start, end: at }));
    }
    start = at + 1;
  }
  return decoded;
}

/** The end of a run that may go on in further lines. */
function endOfWrapped(text: string, from: number, firstEnd: number): number {
  let lineAt = from;
  let at = firstEnd;
  for (;;) {
    const lineBreak = text.startsWith('\r\n', at) ? 2 : text[at] === '\n' ? 1 : 0;
    const next = at + lineBreak;
    if (lineBreak === 0 || at - lineAt < MIN_LINE || IS_BASE64[text.charCodeAt(next)] !== 1)
      return at;
    lineAt = next;
    at = next;
    while (at < text.length && IS_BASE64[text.charCodeAt(at)] === 1) at++;
  }
}

const HEX = /^(?:0x)?((?:[0-9a-f]{2})+|(?:[0-9A-F]{2})+)$/;

function decodeRun(text: string, { start, end }: Span): readonly DecodedRun[] {
  const written = text.slice(start, end);
  const hex = HEX.exec(written)?.[1];
  const decoded = hex === undefined ? decodeBase64(written) : decodeHex(hex);
  return decoded === undefined || decoded === '' ? [] : [{ text: decoded, start, end }];
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

/** The same for the end of a text, over the lines of wrapped base64: each could go on in the next. */
export function startOfWrapped(text: string): number {
  let at = startOfLastWord(text, text.length);
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
