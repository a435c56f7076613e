/**
 * Decodes the escapes that stand within a text: character references of HTML, percent-encoding, and
 * what is left of the escapes of JSON and of programming languages, octal ones included. One layer of them at a time.
 *
 * @module
 */

import { decodeSequence } from './encodings.ts';
import { TextCopy } from './text-copy.ts';

/** Named references that hide something a rule looks for; all others are no letters of a token. */
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  ast: '*',
  bsol: '\\',
  colon: ':',
  comma: ',',
  commat: '@',
  dash: '-',
  dollar: '$',
  equals: '=',
  excl: '!',
  gt: '>',
  hyphen: '-',
  lbrack: '[',
  lowbar: '_',
  lpar: '(',
  lt: '<',
  nbsp: ' ',
  newline: '\n',
  num: '#',
  percnt: '%',
  period: '.',
  plus: '+',
  quot: '"',
  rbrack: ']',
  rpar: ')',
  semi: ';',
  shy: '',
  sol: '/',
  tab: '\t',
  tilde: '~',
  vert: '|',
  zerowidthspace: '',
  zwj: '',
  zwnj: '',
};

const ESCAPE =
  /&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|([A-Za-z]{2,14}));?|((?:%[0-9A-Fa-f]{2}){1,1024}|(?:\\(?:x[0-9A-Fa-f]{2}|[0-3][0-7]{2})){1,1024})|\\(?:u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4}))/g;

/** An escape that more text could complete, or make another one, and the bytes of a cut character. */
const CUT_ESCAPES = [
  /&(?:#(?:\d{0,7}|[xX][0-9A-Fa-f]{0,6})|[A-Za-z]{0,14})/,
  /%(?:[0-9A-Fa-f]?|[C-Fc-f][0-9A-Fa-f](?:%[89ABab][0-9A-Fa-f]){0,2}(?:%[89ABab]?)?)/,
  /\\(?:u\{?[0-9A-Fa-f]{0,6}|x[0-9A-Fa-f]?|[0-3][0-7]?)?/,
  /\\(?:x[C-Fc-f][0-9A-Fa-f]|3[0-7]{2})(?:\\(?:x[89ABab][0-9A-Fa-f]|2[0-7]{2})){0,2}(?:\\(?:x[89ABab]?|2[0-7]?)?)?/,
];
const CUT_ESCAPE = new RegExp(`(?:${CUT_ESCAPES.map(({ source }) => source).join('|')})$`);
const MAX_CUT = 16;

/** The text without an escape that is cut off at its end. */
export function withoutCutEscape(text: string): string {
  const cut = CUT_ESCAPE.exec(text.slice(-MAX_CUT))?.[0].length ?? 0;
  return text.slice(0, text.length - cut);
}

/** What the text says with one layer of escapes gone; nothing if there are none. */
export function decodeEscapes(text: string): TextCopy | undefined {
  let copy: TextCopy | undefined;
  let done = 0;
  for (const match of text.matchAll(ESCAPE)) {
    const start = match.index;
    const meant = readEscape(match);
    if (meant === undefined) continue;
    copy ??= new TextCopy(text);
    copy.keep(done, start);
    done = start + match[0].length;
    if (match[4] === undefined) copy.write(meant, start, done);
    else writeBytes(copy, meant, start, match[0].length / meant.length);
  }
  copy?.keep(done, text.length);
  return copy;
}

function readEscape(match: RegExpExecArray): string | undefined {
  const [, decimal, hex, name, bytes, braced, unit] = match;
  if (bytes !== undefined) {
    return bytes.replace(/(?:%|\\x)(..)|\\(...)/g, (_, inHex?: string, inOctal = '') =>
      inHex === undefined ? fromCode(inOctal, 8) : fromCode(inHex, 16),
    );
  }
  if (name !== undefined) return NAMED[name.toLowerCase()];
  if (decimal !== undefined) return fromCode(decimal, 10);
  return fromCode(hex ?? braced ?? unit ?? '', 16);
}

function fromCode(digits: string, radix: number): string {
  const code = Number.parseInt(digits, radix);
  return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
}

const SEQUENCE = /[\xc2-\xf4][\x80-\xbf]{1,3}|[\s\S]/g;

/** The characters of escaped bytes, each in the place of its own code units, so many a byte. */
function writeBytes(copy: TextCopy, bytes: string, start: number, width: number): void {
  for (const { 0: sequence, index } of bytes.matchAll(SEQUENCE)) {
    const from = start + index * width;
    const meant = sequence.length === 1 ? sequence : decodeSequence(sequence);
    copy.write(meant, from, from + sequence.length * width);
  }
}
