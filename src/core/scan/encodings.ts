/**
 * Decodes what a scanner must look into. Lenient where a reader would be: what is not text decodes to
 * nothing, and a scanner has nothing to say about it.
 *
 * @module
 */

import { BASE64_DIGITS } from '../primitives/base64.ts';
import { isOf } from './alphabets.ts';

/** The value of each character of base64 and base64url; 255 for all others. */
const BASE64_VALUE = new Uint8Array(128).fill(255);
for (const [value, character] of Array.from(BASE64_DIGITS).entries()) {
  BASE64_VALUE[character.charCodeAt(0)] = value;
}
BASE64_VALUE['-'.charCodeAt(0)] = 62;
BASE64_VALUE['_'.charCodeAt(0)] = 63;

/** Characters of a run that are looked at first: most of what has the form of base64 is none. */
const PROBE_CHARS = 16;

/**
 * Whether the beginning of a run could be text, as base64 or as hexadecimal digits. A quick look that
 * makes nothing; the run has at least 16 characters.
 */
export function mayBeText(text: string, start: number): boolean {
  return mayBeBase64(text, start) || mayBeHex(text, start);
}

function mayBeBase64(text: string, start: number): boolean {
  let bits = 0;
  for (let at = 0; at < PROBE_CHARS; at++) {
    bits = (bits << 6) | (BASE64_VALUE[text.charCodeAt(start + at)] ?? 0);
    if (at % 4 !== 3) continue;
    if (isControl((bits >> 16) & 255) || isControl((bits >> 8) & 255) || isControl(bits & 255)) {
      return isWideProbe(text, start);
    }
    bits = 0;
  }
  return true;
}

/** UTF-16 of ASCII: every second byte is zero. */
function isWideProbe(text: string, start: number): boolean {
  return isWide(base64Bytes(text.slice(start, start + PROBE_CHARS)));
}

function mayBeHex(text: string, start: number): boolean {
  for (let at = start; at < start + PROBE_CHARS; at++) {
    if (!isOf('anyhex', text.charCodeAt(at)) && text[at] !== 'x') return false;
  }
  return true;
}

/** The text that base64 stands for, in either alphabet, padded or not; nothing if it is no text. */
export function decodeBase64(written: string): string | undefined {
  return toText(base64Bytes(written));
}

/** Whether base64 stands for text that begins anywhere: within a character, too. */
export function goesOnAsText(written: string): boolean {
  const bytes = base64Bytes(written);
  let cut = 0;
  while (cut < 3 && isTrailing(bytes[cut] ?? 0)) cut++;
  return toText(bytes.subarray(cut)) !== undefined || (bytes[0] === 0 && isWide(bytes.subarray(1)));
}

/** The text that hexadecimal digits stand for; nothing if it is no text. */
export function decodeHex(written: string): string | undefined {
  return toText(hexBytes(written));
}

function base64Bytes(written: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor((written.length * 3) / 4));
  let length = 0;
  let bits = 0;
  let count = 0;
  for (let at = 0; at < written.length; at++) {
    const value = BASE64_VALUE[written.charCodeAt(at)] ?? 255;
    if (value === 255) continue;
    bits = ((bits << 6) | value) & 0xffffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[length++] = bits >> count;
  }
  return bytes.subarray(0, length);
}

function hexBytes(written: string): Uint8Array {
  const bytes = new Uint8Array(written.length >> 1);
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = Number.parseInt(written.slice(at * 2, at * 2 + 2), 16);
  }
  return bytes;
}

/** Bytes handed to `String.fromCharCode` at once. */
const CHUNK = 4_096;

/**
 * Bytes as text: UTF-8, or UTF-16 where every second byte is zero. Nothing for bytes that hold controls
 * or are no UTF-8; a character that is cut at the end does not count.
 */
function toText(bytes: Uint8Array): string | undefined {
  if (isWide(bytes)) return toText(bytes.filter((_, at) => at % 2 === 0));
  if (bytes.some(isControl)) return undefined;
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  }
  return bytes.some((byte) => byte > 0x7f) ? decodeUtf8(text) : text;
}

function isWide(bytes: Uint8Array): boolean {
  return (
    bytes.length >= 4 && bytes.every((byte, at) => at % 2 === 0 || byte === 0) && bytes[0] !== 0
  );
}

function isControl(byte: number): boolean {
  return (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d) || byte === 0x7f;
}

/** Text of bytes, each a code unit of `binary`; nothing if they are no UTF-8, but for a cut end. */
function decodeUtf8(binary: string): string | undefined {
  const parts: string[] = [];
  for (let at = 0; at < binary.length; ) {
    const length = sequenceLength(binary.charCodeAt(at));
    const sequence = binary.slice(at, at + length);
    if (length === 0 || !areTrailing(sequence)) return undefined;
    if (sequence.length === length) parts.push(length === 1 ? sequence : decodeSequence(sequence));
    at += length;
  }
  return parts.join('');
}

/** Bytes of the sequence that a byte leads; zero if it leads none. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
}

function areTrailing(sequence: string): boolean {
  for (let at = 1; at < sequence.length; at++) {
    if (!isTrailing(sequence.charCodeAt(at))) return false;
  }
  return true;
}

function isTrailing(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}

/** One character of UTF-8, each code unit of `sequence` a byte; U+FFFD for what is none. */
export function decodeSequence(sequence: string): string {
  const lead = sequence.charCodeAt(0);
  const length = sequenceLength(lead);
  if (length < 2 || sequence.length !== length || !areTrailing(sequence)) return '\ufffd';
  let point = lead & (0x7f >> length);
  for (let at = 1; at < length; at++) point = (point << 6) | (sequence.charCodeAt(at) & 0x3f);
  return point > 0x10ffff ? '\ufffd' : String.fromCodePoint(point);
}
