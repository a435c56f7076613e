import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileKnownValues, MIN_KNOWN_CHARS } from '../../../src/core/scan/known-values.ts';
import { scanText } from '../../../src/core/scan/scan-text.ts';

const VALUE = 'Tr0ub4dor&3 \u00fcber';

function findIn(text: string, value = VALUE): string[] {
  const known = compileKnownValues([{ name: 'the-secret', value }]);
  return scanText(text, { kinds: ['known'], known }).findings.map(({ name }) => name);
}

const bytes = Buffer.from(VALUE);

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
    ['in base64 of hexadecimal', Buffer.from(bytes.toString('hex')).toString('base64')],
  ])('are found %s', (_, written) => {
    expect(findIn(`before ${written} after`)).toContain('the-secret');
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

  test('are not found in other cases, nor in parts', () => {
    expect(findIn(VALUE.slice(0, -1))).toEqual([]);
    expect(findIn(VALUE.toUpperCase())).toEqual([]);
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
