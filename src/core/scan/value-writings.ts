/**
 * Every writing in which a secret could leave by a plain command or a plain request to a model.
 *
 * As it is, backwards, by ROT13, as the numbers of its bytes (hexadecimal, octal, decimal, binary), and in
 * base64 and base32 wherever it may stand among other bytes. What the scan itself decodes (references,
 * escapes, percent-encoding, runs within runs) needs no writing. A cipher is not seen through: who can
 * make a model compute one can take any value out of its sight.
 *
 * @module
 */

import { BASE64_DIGITS } from '../primitives/base64.ts';
import { toUtf8 } from '../primitives/utf8.ts';
import { foldText } from './shadow.ts';
import { isSpreadable, type SpreadWriting, toLetters } from './spread-rules.ts';

/** Fewest letters and digits by which a value is told from ordinary words, whatever is between them. */
const MIN_VALUE_LETTERS = 12;

/** The same for its digits in another writing, which no word is made of. */
const MIN_ENCODED_LETTERS = 8;

export interface Writings {
  /** Found with anything between the letters. */
  readonly spread: readonly Omit<SpreadWriting, 'name'>[];
  /** Found as they are: those that would be ordinary words with something between their letters. */
  readonly exact: readonly string[];
}

export function writingsOf(value: string): Writings {
  const bytes = toUtf8(value.toWellFormed());
  const folded = foldText(value);
  const own = [folded, Array.from(folded).reverse().join(''), foldText(toRot13(value))];
  const isOwnSpread = isTold(folded);
  const base64 = partsOf(bytes, 6, BASE64_DIGITS);
  const numbers = [...toNumbers(bytes), ...partsOf(bytes, 5, BASE32_DIGITS)];
  const encoded = [
    ...base64.map((text) => ({ text, ignoresCase: false })),
    ...numbers.map((text) => ({ text, ignoresCase: true })),
  ];
  const isLong = ({ text }: { text: string }) =>
    toLetters(text).length >= MIN_ENCODED_LETTERS && isSpreadable(text);
  const rest = base64.filter((text) => !isLong({ text }));
  return {
    spread: [
      ...(isOwnSpread ? own.map((text) => ({ text, ignoresCase: true })) : []),
      ...encoded.filter(isLong),
    ],
    exact: [...(isOwnSpread ? [] : own), ...rest, ...rest.map(toUrlAlphabet)],
  };
}

/** Whether the letters of a value are known again with other things between them and in either case. */
function isTold(value: string): boolean {
  const letters = toLetters(value);
  const isMixed = /[0-9]/.test(letters) && /[A-Za-z]/.test(letters);
  return isMixed && letters.length >= MIN_VALUE_LETTERS && isSpreadable(value);
}

/** As numbers in the notations of programs and dumps; what stands between them is no part of it. */
function toNumbers(bytes: Uint8Array): readonly string[] {
  const write = (radix: number, width: number, prefix = '') =>
    Array.from(bytes, (byte) => prefix + byte.toString(radix).padStart(width, '0')).join('');
  const inBytes = [write(16, 2), write(16, 2, '0x'), write(16, 2, 'x'), write(8, 3), write(10, 1)];
  return [...inBytes, write(2, 8), ...toWords(bytes, 16, 4), ...toWords(bytes, 8, 6)];
}

/** As `hexdump` and `od` write pairs of bytes when they are not asked for bytes: the second one first. */
function toWords(bytes: Uint8Array, radix: number, width: number): readonly string[] {
  return [0, 1].map((from) => {
    let written = '';
    for (let at = from; at + 1 < bytes.length; at += 2) {
      const word = ((bytes[at + 1] ?? 0) << 8) | (bytes[at] ?? 0);
      written += word.toString(radix).padStart(width, '0');
    }
    return written;
  });
}

const BASE32_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** What base64 or base32 of anything with these bytes in it must hold, by where they begin in it. */
function partsOf(bytes: Uint8Array, bits: 5 | 6, digits: string): readonly string[] {
  const offsets = bits === 6 ? [0, 1, 2] : [0, 1, 2, 3, 4];
  return offsets.map((offset) => {
    const before = offset * 8;
    // Only digits whose bits are all of the value.
    const first = Math.ceil(before / bits);
    const last = Math.floor((before + bytes.length * 8) / bits);
    let written = '';
    for (let digit = first; digit < last; digit++) {
      const at = digit * bits - before;
      const pair = ((bytes[at >> 3] ?? 0) << 8) | (bytes[(at >> 3) + 1] ?? 0);
      written += digits.charAt((pair >> (16 - bits - (at & 7))) & ((1 << bits) - 1));
    }
    return written;
  });
}

function toUrlAlphabet(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_');
}

function toRot13(text: string): string {
  return text.replace(/[A-Za-z]/g, (letter) => {
    const code = letter.charCodeAt(0);
    return String.fromCharCode((code & 31) <= 13 ? code + 13 : code - 13);
  });
}
