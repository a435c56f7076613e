/**
 * The spelling of capability text: its alphabet, its escapes and its limits.
 *
 * Every character of a segment is either *plain* or written as the `%XX` escapes of its UTF-8
 * bytes, and a character has only one of the two spellings. So two texts name the same thing
 * exactly when they are equal, which is what lets everything else here compare text as written.
 *
 * What a text means (which segments are a resource, which families exist) is not decided here.
 *
 * @module
 */

import { fromUtf8, toUtf8 } from '../primitives/utf8.ts';

/** Longest accepted text, in characters. Only ASCII is accepted, so also in bytes. */
export const MAX_PATTERN_LENGTH = 512;

/** Most colon-separated segments in one pattern. */
export const MAX_SEGMENTS = 16;

/** The characters that stand for themselves. An escape of one of them is malformed. */
const PLAIN = /^[A-Za-z0-9\-._~/@+=]$/;

/** For each byte, how it is written. */
const SPELLINGS: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  if (PLAIN.test(character)) return character;
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
});

const ALPHABET = /^[A-Za-z0-9\-._~/@+=*%]+$/;
const BROKEN_ESCAPE = /%(?![0-9A-F]{2})/;

/** In a path: `.`, `..`, an empty step, or a slash at the end. The root itself is `/`. */
const UNRESOLVED_STEP = /\/\.{0,2}(?:\/|$)/;

/**
 * Writes a text as one segment. The text must be well-formed and in normal form NFC.
 *
 * @example
 * ```ts
 * encodeSegment('/etc/a:b*'); // '/etc/a%3Ab%2A'
 * encodeSegment('/café');     // '/caf%C3%A9'
 * ```
 */
export function encodeSegment(text: string): string {
  let segment = '';
  for (const byte of toUtf8(text)) segment += SPELLINGS[byte];
  return segment;
}

/** The text that a star-free segment stands for, or nothing if its escapes are not UTF-8. */
export function decodeSegment(segment: string): string | undefined {
  if (!segment.includes('%')) return segment;
  const bytes = new Uint8Array(segment.length);
  let length = 0;
  for (let i = 0; i < segment.length; length++) {
    const isEscape = segment[i] === '%';
    bytes[length] = isEscape
      ? Number.parseInt(segment.slice(i + 1, i + 3), 16)
      : segment.charCodeAt(i);
    i += isEscape ? 3 : 1;
  }
  return fromUtf8(bytes.subarray(0, length));
}

/** What must hold and does not, as the end of a sentence that begins with the segment's name. */
export function findSegmentProblem(segment: string): string | undefined {
  if (segment === '') return 'must not be empty';
  if (!ALPHABET.test(segment)) return 'must hold only A-Z a-z 0-9 - . _ ~ / @ + = * and escapes';
  if (segment.includes('**')) return 'must not repeat "*"';
  if (segment.startsWith('/') && segment !== '/' && UNRESOLVED_STEP.test(segment)) {
    return 'must be a path without ".", "..", "//" or a "/" at the end';
  }
  return segment.includes('%') ? findEscapeProblem(segment) : undefined;
}

/** Judges the runs between stars one by one: no star may stand for a part of a character. */
function findEscapeProblem(segment: string): string | undefined {
  if (BROKEN_ESCAPE.test(segment)) return 'must write "%" and two upper-case hex digits';
  for (const run of segment.split('*')) {
    const text = decodeSegment(run);
    if (text === undefined) return 'must hold only escapes of whole UTF-8 characters';
    if (encodeSegment(text) !== run) return 'must escape no character that needs no escape';
    if (text.includes('\0')) return 'must not hold the character NUL';
    if (text.normalize('NFC') !== text) return 'must be in Unicode normal form NFC';
  }
  return undefined;
}
