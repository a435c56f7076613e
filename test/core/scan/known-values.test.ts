import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileKnownValues, MIN_KNOWN_CHARS } from '../../../src/core/scan/known-values.ts';
import { scanText } from '../../../src/core/scan/scan-text.ts';

const VALUE = 'Tr0ub4dor&3 \u00fcber';

const toWritten = (encoding: string) =>
  Buffer.from(PLAIN)
    .toString(encoding as 'hex')
    .replace(/[-_]/g, '');

function findIn(text: string, value = VALUE): string[] {
  const known = compileKnownValues([{ name: 'the-secret', value }]);
  return scanText(text, { kinds: ['known'], known }).findings.map(({ name }) => name);
}

/** A value that is no more than words: only as it is can it be told from them. */
const WORDS = 'my-database-password';

const bytes = Buffer.from(VALUE);
/** One of ASCII letters and digits alone. */
const PLAIN = 'Tr0ub4dor39x7Kq2';
const hexOf = (byte: number) => byte.toString(16).padStart(2, '0');
const inBytes = (write: (byte: number) => string, between = '') =>
  Array.from(bytes, write).join(between);

/** Lines of a dump: an address, what `write` makes of 16 bytes, and what `asText` does. */
const dump = (write: (line: Buffer) => string, asText: (line: string) => string, value = VALUE) => {
  const whole = Buffer.from(`It is kept as ${value}, and only there`);
  const lines = Array.from({ length: Math.ceil(whole.length / 16) }, (_, line) => {
    const part = whole.subarray(line * 16, line * 16 + 16);
    const text = part.toString('latin1').replace(/[^ -~]/g, '.');
    return `${(line * 16).toString(16).padStart(8, '0')}${write(part)}${asText(text)}`;
  });
  return lines.join('\n');
};
const xxd = dump(
  (line) => `: ${line.toString('hex').replace(/.{4}(?!$)/g, '$& ')}`,
  (text) => `  ${text}`,
);
const hexdump = dump(
  (line) => ` ${Array.from(line, (byte, at) => (at === 8 ? '  ' : ' ') + hexOf(byte)).join('')}`,
  (text) => `  |${text}|`,
);
const od = dump(
  (line) => Array.from(line, (byte) => `   ${String.fromCharCode(byte)}`).join(''),
  () => '',
  PLAIN,
);

/** 0 to 3 characters that are no letters or digits, between each two of a text. */
const spread = (text: string, between: readonly string[]) =>
  Array.from(text, (character, at) => character + (between[at % between.length] ?? '')).join('');

describe('known values', () => {
  test.each([
    ['as they are', VALUE],
    ['backwards', Array.from(VALUE).reverse().join('')],
    ['in hexadecimal', bytes.toString('hex')],
    ['in capital hexadecimal', bytes.toString('hex').toUpperCase()],
    ['percent-encoded', encodeURIComponent(VALUE)],
    ['percent-encoded byte by byte', bytes.toString('hex').replace(/../g, '%$&')],
    [
      'in escapes of JSON',
      VALUE.replace(/[\s\S]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
    ],
    ['in character references', VALUE.replace(/[\s\S]/g, (c) => `&#${c.charCodeAt(0)};`)],
    [
      'in full-width letters',
      VALUE.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0)),
    ],
    ['with invisible characters in between', Array.from(VALUE).join('\u200b')],
    ['in base64 of base64', Buffer.from(bytes.toString('base64')).toString('base64')],
    ['in capitals', VALUE.toUpperCase()],
    ['by ROT13', 'Ge0ho4qbe&3 \u00fcore'],
    ['letter by letter', Array.from(VALUE).join(' ')],
    ['letter by letter, quoted', JSON.stringify(Array.from(VALUE), null, 2)],
    ['backwards, letter by letter', Array.from(VALUE).reverse().join('-')],
    ['in hexadecimal with colons', inBytes(hexOf, ':')],
    ['in hexadecimal with spaces', inBytes(hexOf, ' ')],
    ['in hexadecimal with prefixes', inBytes((byte) => `0x${hexOf(byte)}`, ', ')],
    ['in escapes of bytes', inBytes((byte) => `\\x${hexOf(byte)}`)],
    ['in escapes of bytes within a string', inBytes((byte) => `\\\\x${hexOf(byte)}`)],
    ['in octal escapes', inBytes((byte) => `\\${byte.toString(8).padStart(3, '0')}`)],
    ['in some octal escapes', VALUE.replace('T', '\\124').replace('d', '\\144')],
    ['as a list of numbers', JSON.stringify(bytes)],
    ['in binary', inBytes((byte) => byte.toString(2).padStart(8, '0'), ' ')],
    ['as `hexdump` writes words', `${bytes.toString('hex').replace(/(..)(..)/g, '$2$1 ')}`],
    ['as `xxd` writes them', xxd],
    ['as `hexdump -C` writes them', hexdump],
    ['as `xxd` writes them, in JSON', JSON.stringify({ stdout: xxd })],
    ['in base64 in short lines', bytes.toString('base64').replace(/.{5}/g, '$&\n')],
    ['in base64 of hexadecimal', Buffer.from(bytes.toString('hex')).toString('base64')],
  ])('are found %s', (_, written) => {
    expect(findIn(`before ${written} after`)).toContain('the-secret');
  });

  describe.each([
    ['quotation marks', 'the "old" password'],
    ['an apostrophe', "the cat's mother"],
    ['a backslash before a letter', 'CORP\\nightly-job'],
    ['a line break that is written', '{"key": "begin\\nTr0ub4dor39x7Kq2\\nend"}'],
    ['two lines', 'first line\nsecond line'],
    ['what an escape ends with', 'nightly-password'],
    ['letters of its own, and a quotation mark', '\u00fcber "alles" gesagt'],
  ])('with %s', (_, value) => {
    const json = (times: number) => {
      let text = value;
      for (let time = 0; time < times; time++) text = JSON.stringify({ said: text });
      return text;
    };
    const ascii = json(1).replace(/[^ -~]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);

    test.each([
      ['as they are', value],
      ['behind a backslash', `C:\\${value}`],
      ['backwards behind a backslash', `\\${Array.from(value).reverse().join('')}`],
      ['in JSON', json(1)],
      ['in JSON of ASCII', ascii],
      ['in JSON of PHP', json(1).replaceAll('/', '\\/')],
      ['in JSON in JSON', json(2)],
      ['in JSON in JSON in JSON', json(3)],
      ['in JSON, percent-encoded', encodeURIComponent(json(1))],
      ['in a form', new URLSearchParams({ said: value }).toString()],
      ['in SQL', `'${value.replaceAll("'", "''")}'`],
      ['in a table', `"${value.replaceAll('"', '""')}"`],
      ['in the quotes of a shell', `'${value.replaceAll("'", "'\\''")}'`],
      ['in HTML in JSON', JSON.stringify(value.replaceAll('"', '&quot;').replaceAll("'", '&#39;'))],
      ['as a shell escapes them', value.replace(/[^\w\n]/g, '\\$&')],
      ['in JSON in base64', Buffer.from(json(1)).toString('base64')],
    ])('are found %s', (_, written) => {
      expect(findIn(`before ${written} after`, value)).toContain('the-secret');
    });

    test('are not found without a part, and are marked with all that was written', () => {
      expect(findIn(`before ${value.slice(3)} after`, value)).toEqual([]);
      const known = compileKnownValues([{ name: 'the-secret', value }]);
      const said = JSON.stringify(value).slice(1, -1);
      const text = `{"said":"${said}."}`;
      const marked = scanText(text, { kinds: ['known'], known }).findings.map(({ start, end }) =>
        text.slice(start, end),
      );
      expect(marked).toContain(said);
    });
  });

  test('are found in base64 of anything that holds them, at each alignment', () => {
    const around = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(around, around, fc.constantFrom('base64', 'base64url'), (a, b, encoding) => {
        const whole = Buffer.concat([a, bytes, b]).toString(encoding as 'base64');
        expect(findIn(`x ${whole} y`)).toContain('the-secret');
      }),
    );
  });

  test('are found as `od -c` writes them', () => {
    expect(findIn(od, PLAIN)).toContain('the-secret');
  });

  test('are found in base32 of anything that holds them, at each alignment', () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
    for (let offset = 0; offset < 5; offset++) {
      const whole = Buffer.concat([Buffer.alloc(offset, 7), bytes, Buffer.alloc(3, 9)]);
      const bits = Array.from(whole, (byte) => byte.toString(2).padStart(8, '0')).join('');
      const digits = bits.match(/.{5}/g) ?? [];
      const written = digits.map((five) => letters[Number.parseInt(five, 2)]).join('');
      expect(findIn(`x ${written} y`)).toContain('the-secret');
    }
  });

  test('are found with anything but letters and digits in between, in each writing', () => {
    const between = fc.array(
      fc.constantFrom(' ', '-', '\n', '", "', '. ', '\u2022', '\r\n  ', ''),
      {
        minLength: 1,
        maxLength: 5,
      },
    );
    const written = fc.constantFrom(PLAIN, ...['hex', 'base64url'].map(toWritten));
    fc.assert(
      fc.property(between, written, (separators, text) => {
        const found = findIn(`before: ${spread(text, separators)} after`, PLAIN);
        expect(found).toContain('the-secret');
      }),
    );
  });

  test('are not found where their letters are far apart, or words stand between them', () => {
    const [a, b] = ['Tr0ub4dor', '39x7Kq2'];
    expect(findIn(`${a}${' '.repeat(32)}${b}`, a + b)).toEqual(['the-secret']);
    expect(findIn(`${a}${' '.repeat(33)}${b}`, a + b)).toEqual([]);
    expect(findIn(`${a} and ${b}`, a + b)).toEqual([]);
  });

  test('that are words are not taken for the same words in a sentence', () => {
    expect(findIn('my database password is long', WORDS)).toEqual([]);
    expect(findIn(`it is ${WORDS}.`, WORDS)).toEqual(['the-secret']);
    expect(findIn('in production (2026)', 'Production2026')).toEqual([]);
    expect(findIn('it is Production2026.', 'Production2026')).toEqual(['the-secret']);
  });

  test.each([
    ['found with anything between', '1b2'],
    ['found as they are', 'b'],
    ['found as others write them', `'b "c`],
  ])('of one letter are looked for in time in a text of it: %s', (_, end) => {
    const value = 'a'.repeat(8_000) + end;
    const text = 'a'.repeat(300_000);
    expect(findIn(`${text} ${value}`, value)).toContain('the-secret');
    // Beyond what may be compared, the beginning alone is a find.
    expect(findIn(text, value)).toContain('the-secret');
    expect(findIn('a'.repeat(100), value)).toEqual([]);
  });

  test('of the greatest length and number are made ready in little room', () => {
    const long = Array.from({ length: 64 }, (_, at) => ({
      name: `secret-${at}`,
      value: `${at}-${'0123456789abcdef'.repeat(512)}`.slice(0, 8_192),
    }));
    const before = process.memoryUsage().arrayBuffers;
    const known = compileKnownValues(long);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 1024 * 1024);
    const text = `a ${long[63]?.value} b`;
    const [finding] = scanText(text, { kinds: ['known'], known }).findings;
    expect(finding).toMatchObject({ name: 'secret-63', start: 2, end: text.length - 2 });
    expect(scanText(`${text.slice(0, -3)}z b`, { kinds: ['known'], known }).findings).toEqual([]);
  });

  test('are not found in parts, nor mere words in other cases', () => {
    expect(findIn(VALUE.slice(0, -1))).toEqual([]);
    expect(findIn(WORDS.toUpperCase(), WORDS)).toEqual([]);
  });

  test('are looked for from so many characters on; shorter ones are named', () => {
    const longest = 'k'.repeat(MIN_KNOWN_CHARS);
    expect(findIn(`a ${longest} b`, longest)).toEqual(['the-secret']);
    expect(findIn(`a ${longest} b`, longest.slice(1))).toEqual([]);
    const { tooShort } = compileKnownValues([
      { name: 'short', value: longest.slice(1) },
      { name: 'long', value: longest },
    ]);
    expect(tooShort).toEqual(['short']);
  });

  test('are marked with all that was written', () => {
    const known = compileKnownValues([{ name: 'the-secret', value: VALUE }]);
    const text = `a ${encodeURIComponent(VALUE)} b`;
    const [finding] = scanText(text, { kinds: ['known'], known }).findings;
    expect(text.slice(finding?.start, finding?.end)).toBe(encodeURIComponent(VALUE));
  });
});
