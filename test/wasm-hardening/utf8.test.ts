import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromUtf8 } from '../../src/core/primitives/utf8.ts';

/** The platform's own decoder, in the mode that the WebAssembly specification asks for. */
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Any Unicode scalar value, small ones as often as large ones. */
const scalar = fc
  .tuple(fc.nat(0x10ffff), fc.nat(20))
  .map(([value, shift]) => value >> shift)
  .filter((value) => value < 0xd800 || value > 0xdfff);

function decodeByPlatform(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

describe('fromUtf8()', () => {
  test('agrees with the platform on text', () => {
    fc.assert(
      fc.property(fc.array(scalar, { maxLength: 20 }), (scalars) => {
        const bytes = new TextEncoder().encode(String.fromCodePoint(...scalars));
        expect(fromUtf8(bytes)).toBe(strict.decode(bytes));
      }),
    );
  });

  test('agrees with the platform on arbitrary bytes', () => {
    // Lead and continuation bytes are likely, so that sequences form and break.
    const byte = fc.oneof(fc.nat(255), fc.constantFrom(0x80, 0xbf, 0xc2, 0xe0, 0xed, 0xf0, 0xf4));
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 12 }), (values) => {
        const bytes = Uint8Array.from(values);
        expect(fromUtf8(bytes)).toBe(decodeByPlatform(bytes));
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ['an overlong slash', [0xc0, 0xaf]],
    ['an overlong slash of three bytes', [0xe0, 0x80, 0xaf]],
    ['an overlong slash of four bytes', [0xf0, 0x80, 0x80, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a value above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['a lead byte alone', [0xe2]],
    ['a truncated sequence', [0xe2, 0x82]],
    ['a continuation byte alone', [0x80]],
    ['a byte that is never used', [0xff]],
  ])('refuses %s', (_, bytes) => {
    expect(fromUtf8(Uint8Array.from(bytes))).toBeUndefined();
  });

  test('keeps a byte order mark, since two names must not become one', () => {
    expect(fromUtf8(Uint8Array.from([0xef, 0xbb, 0xbf, 0x61]))).toBe('\uFEFFa');
  });
});
