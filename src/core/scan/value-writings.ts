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
import { beginningOf, isSpreadable, type SpreadWriting, toLetters } from './spread-rules.ts';

/** Fewest letters and digits by which a value is told from ordinary words, whatever is between them. */
const MIN_VALUE_LETTERS = 12;

/** Digits between letters, or letters between digits: words with a number (`Production2026`) have none. */
const MIXED = /[0-9][A-Za-z]+[0-9]|[A-Za-z][0-9]+[A-Za-z]/;

/** The same for its digits in another writing, which no word is made of. */
const MIN_ENCODED_LETTERS = 8;

/** So many bytes of a value have, in each writing, the letters that are looked for first. */
const BEGINNING_BYTES = 64;

export interface Writings {
  /** Found with anything between the letters. */
  readonly spread: readonly Omit<SpreadWriting, 'name'>[];
  /** Found as they are: those that would be ordinary words with something between their letters. */
  readonly exact: readonly string[];
}

/** What writes bytes otherwise, those of a beginning as the beginning of the whole. */
type Write = (bytes: Uint8Array) => string;

export function writingsOf(value: string): Writings {
  const bytes = toUtf8(value.toWellFormed());
  const folded = foldText(value);
  const own = [folded, Array.from(folded).reverse().join(''), foldText(toRot13(value))];
  const isOwnSpread = isToldFromWords(value);
  const encode = (write: Write, ignoresCase: boolean) => ({
    beginning: write(bytes.subarray(0, BEGINNING_BYTES)),
    write: () => write(bytes),
    ignoresCase,
  });
  const base64 = BASE64.map((write) => encode(write, false));
  const encoded = [...base64, ...[...NUMBERS, ...BASE32].map((write) => encode(write, true))];
  const isLong = ({ beginning }: { beginning: string }) =>
    toLetters(beginning).length >= MIN_ENCODED_LETTERS;
  const rest = base64.filter((writing) => !isLong(writing)).map(({ write }) => write());
  return {
    spread: [...(isOwnSpread ? own.map(toOwn) : []), ...encoded.filter(isLong)],
    exact: [...(isOwnSpread ? [] : own.flatMap(asWritten)), ...rest, ...rest.map(toUrlAlphabet)],
  };
}

function toOwn(text: string): Omit<SpreadWriting, 'name'> {
  return { beginning: beginningOf(text), write: () => text, ignoresCase: true };
}

/** Whether the letters of a value are known again with other things between them and in either case. */
export function isToldFromWords(value: string): boolean {
  const folded = foldText(value);
  const letters = toLetters(folded);
  return MIXED.test(letters) && letters.length >= MIN_VALUE_LETTERS && isSpreadable(folded);
}

/** As numbers in the notations of programs and dumps; what stands between them is no part of it. */
const NUMBERS: readonly Write[] = [
  ...[toNumbers(16, 2), toNumbers(16, 2, '0x'), toNumbers(16, 2, 'x')],
  ...[toNumbers(8, 3), toNumbers(10, 1), toNumbers(2, 8)],
  ...[0, 1].flatMap((from) => [toWords(from, 16, 4), toWords(from, 8, 6)]),
];

function toNumbers(radix: number, width: number, prefix = ''): Write {
  return (bytes) =>
    Array.from(bytes, (byte) => prefix + byte.toString(radix).padStart(width, '0')).join('');
}

/** As `hexdump` and `od` write pairs of bytes when they are not asked for bytes: the second one first. */
function toWords(from: number, radix: number, width: number): Write {
  return (bytes) => {
    let written = '';
    for (let at = from; at + 1 < bytes.length; at += 2) {
      const word = ((bytes[at + 1] ?? 0) << 8) | (bytes[at] ?? 0);
      written += word.toString(radix).padStart(width, '0');
    }
    return written;
  };
}

const BASE32_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

const BASE64 = [0, 1, 2].map((offset) => partOf(offset, 6, BASE64_DIGITS));
const BASE32 = [0, 1, 2, 3, 4].map((offset) => partOf(offset, 5, BASE32_DIGITS));

/** What base64 or base32 of anything must hold that has these bytes in it behind so many others. */
function partOf(offset: number, bits: 5 | 6, digits: string): Write {
  const before = offset * 8;
  return (bytes) => {
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
  };
}

/** As it is, and as forms, SQL, shells and tables write what stands for something else there. */
function asWritten(text: string): readonly string[] {
  const [form, sql] = [text.replaceAll(' ', '+'), text.replaceAll("'", "''")];
  return [text, form, sql, text.replaceAll("'", "'\\''"), text.replaceAll('"', '""')];
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
