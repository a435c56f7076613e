/**
 * UTF-8, strictly: one byte sequence for each text and one text for each byte sequence.
 *
 * `core` is compiled without platform types, so there is no `TextEncoder` here. The difference
 * matters anyway: `TextEncoder` writes U+FFFD for a lone surrogate, so two different texts would
 * share their bytes, hence their hash. Nothing here replaces, skips or repairs. A byte order mark
 * is an ordinary character.
 *
 * @module
 */

import { Fault } from '../errors/fault.ts';

/** First and last surrogate: halves of a pair, which are no characters by themselves. */
const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;

/** Code units handed to `String.fromCharCode` at once; far below every engine's argument limit. */
const CHUNK_UNITS = 4096;

/** Lead bytes from `min` on start sequences of `length` bytes for code points from `least` on. */
const SEQUENCES = [
  { min: 0xf0, max: 0xf4, length: 4, least: 0x10000, bits: 0x07 },
  { min: 0xe0, max: 0xef, length: 3, least: 0x800, bits: 0x0f },
  { min: 0xc2, max: 0xdf, length: 2, least: 0x80, bits: 0x1f },
] as const;

/**
 * The bytes of a text, in an array of its own.
 *
 * @throws Fault `internal` when the text holds a lone surrogate. Where a stranger wrote the text, ask
 * `text.isWellFormed()` first and answer with a denial.
 */
export function toUtf8(text: string): Uint8Array {
  if (!text.isWellFormed()) {
    throw new Fault('internal', 'Cannot write text as UTF-8: it must hold no lone surrogate');
  }
  const bytes = new Uint8Array(text.length * 3); // a code unit needs at most three bytes
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      bytes[length++] = unit;
    } else if (unit < 0x800) {
      bytes[length++] = 0xc0 | (unit >> 6);
      bytes[length++] = 0x80 | (unit & 0x3f);
    } else if (unit < FIRST_SURROGATE || unit > LAST_SURROGATE) {
      bytes[length++] = 0xe0 | (unit >> 12);
      bytes[length++] = 0x80 | ((unit >> 6) & 0x3f);
      bytes[length++] = 0x80 | (unit & 0x3f);
    } else {
      const point = 0x10000 + ((unit & 0x3ff) << 10) + (text.charCodeAt(++i) & 0x3ff);
      bytes[length++] = 0xf0 | (point >> 18);
      bytes[length++] = 0x80 | ((point >> 12) & 0x3f);
      bytes[length++] = 0x80 | ((point >> 6) & 0x3f);
      bytes[length++] = 0x80 | (point & 0x3f);
    }
  }
  return bytes.slice(0, length);
}

/**
 * The text of some bytes, or nothing unless they are well-formed as RFC 3629 defines it: no
 * over-long form, no surrogate, nothing above U+10FFFF, no sequence cut short.
 */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  let text = '';
  let units: number[] = [];
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i] ?? 0;
    if (lead < 0x80) {
      units.push(lead);
      i += 1;
    } else {
      const read = readSequence(bytes, i);
      if (read === undefined) return undefined;
      pushPoint(units, read.point);
      i += read.length;
    }
    if (units.length >= CHUNK_UNITS) {
      text += String.fromCharCode(...units);
      units = [];
    }
  }
  return text + String.fromCharCode(...units);
}

function readSequence(
  bytes: Uint8Array,
  start: number,
): { readonly point: number; readonly length: number } | undefined {
  const lead = bytes[start] ?? 0;
  const form = SEQUENCES.find(({ min, max }) => lead >= min && lead <= max);
  if (form === undefined) return undefined;

  let point = lead & form.bits;
  for (let i = start + 1; i < start + form.length; i++) {
    const byte = bytes[i] ?? 0; // beyond the end: no continuation
    if ((byte & 0xc0) !== 0x80) return undefined;
    point = (point << 6) | (byte & 0x3f);
  }
  const isCharacter =
    point >= form.least && point <= 0x10ffff && (point < FIRST_SURROGATE || point > LAST_SURROGATE);
  return isCharacter ? { point, length: form.length } : undefined;
}

function pushPoint(units: number[], point: number): void {
  if (point < 0x10000) units.push(point);
  else units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
}
