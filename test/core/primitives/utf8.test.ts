import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromUtf8, toUtf8 } from '../../../src/core/primitives/utf8.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('toUtf8()', () => {
  test.each([
    ['nothing', '', []],
    ['the last of one byte', '\u007f', [0x7f]],
    ['the first of two bytes', '\u0080', [0xc2, 0x80]],
    ['the last of two bytes', '\u07ff', [0xdf, 0xbf]],
    ['the first of three bytes', '\u0800', [0xe0, 0xa0, 0x80]],
    ['the last before the surrogates', '\ud7ff', [0xed, 0x9f, 0xbf]],
    ['the first after the surrogates', '\ue000', [0xee, 0x80, 0x80]],
    ['the last of three bytes', '\uffff', [0xef, 0xbf, 0xbf]],
    ['the first of four bytes', '\u{10000}', [0xf0, 0x90, 0x80, 0x80]],
    ['the last character', '\u{10ffff}', [0xf4, 0x8f, 0xbf, 0xbf]],
  ])('writes %s', (_, text, expected) => {
    expect([...toUtf8(text)]).toEqual(expected);
  });

  test.each(['\ud800', 'a\udfff', '\udc00\ud800', '\ud800\ud800\udc00'])(
    'throws a fault on a lone surrogate, so that no two texts share their bytes: %j',
    (text) => {
      expect(() => toUtf8(text)).toThrow('it must hold no lone surrogate');
    },
  );

  test('returns an array that owns exactly its bytes', () => {
    expect(toUtf8('é').buffer.byteLength).toBe(2);
  });

  test('agrees with the platform on every well-formed text', () => {
    const encoder = new TextEncoder();
    const point = fc.oneof(
      fc.integer({ min: 0x00, max: 0x7ff }),
      fc.integer({ min: 0x800, max: 0xd7ff }),
      fc.integer({ min: 0xe000, max: 0x10ffff }),
    );
    fc.assert(
      fc.property(fc.array(point, { maxLength: 60 }), (points) => {
        const text = String.fromCodePoint(...points);
        expect(Buffer.compare(toUtf8(text), encoder.encode(text))).toBe(0);
      }),
    );
  });
});

describe('fromUtf8()', () => {
  test.each([
    ['a continuation without a lead', bytes(0x80)],
    ['an over-long slash of two bytes', bytes(0xc0, 0xaf)],
    ['an over-long slash of three bytes', bytes(0xe0, 0x80, 0xaf)],
    ['an over-long form of four bytes', bytes(0xf0, 0x8f, 0xbf, 0xbf)],
    ['an encoded surrogate', bytes(0xed, 0xa0, 0x80)],
    ['the first number beyond Unicode', bytes(0xf4, 0x90, 0x80, 0x80)],
    ['a lead that no sequence has', bytes(0xf5, 0x80, 0x80, 0x80)],
    ['a byte that occurs nowhere', bytes(0xff)],
    ['two bytes cut short', bytes(0xc3)],
    ['four bytes cut short', bytes(0xf0, 0x9f, 0x98)],
    ['a sequence broken by ASCII', bytes(0xe2, 0x82, 0x41)],
  ])('refuses %s', (_, malformed) => {
    expect(fromUtf8(malformed)).toBeUndefined();
  });

  test('keeps a byte order mark, which is a character like any other', () => {
    expect(fromUtf8(bytes(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
  });

  test('reads what toUtf8() wrote, also across its internal chunks', () => {
    for (const text of ['x'.repeat(4095), `${'x'.repeat(4095)}😀y`, 'é😀'.repeat(5000)]) {
      expect(fromUtf8(toUtf8(text))).toBe(text);
    }
  });

  test('agrees with the platform on arbitrary bytes', () => {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const platform = (input: Uint8Array) => {
      try {
        return decoder.decode(input);
      } catch {
        return undefined;
      }
    };
    const byte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0x41, 0x80, 0x90, 0xa0, 0xbf, 0xc2, 0xe0, 0xed, 0xf0, 0xf4),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), fc.array(byte, { maxLength: 6 }), (a, b) => {
        expect(fromUtf8(a)).toBe(platform(a));
        expect(fromUtf8(Uint8Array.from(b))).toBe(platform(Uint8Array.from(b)));
      }),
      { numRuns: 2_000 },
    );
  });
});
