import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromBase64Url } from '../../../src/core/primitives/base64url.ts';

describe('fromBase64Url()', () => {
  test('reads what the platform writes, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        expect(fromBase64Url(Buffer.from(bytes).toString('base64url'))).toEqual(bytes);
      }),
    );
  });

  test('has one text for each byte sequence', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'AQZgw09-_='), maxLength: 12 }), (text) => {
        const bytes = fromBase64Url(text);
        if (bytes !== undefined) expect(Buffer.from(bytes).toString('base64url')).toBe(text);
      }),
    );
  });

  test.each([
    ['padding', '_w=='],
    ['the other alphabet', '/w'],
    ['white space', '_w\n'],
    ['last bits that are not zero', '_x'],
    ['a digit too many', 'AAAAA'],
    ['a letter beyond ASCII', 'АА'],
  ])('refuses %s', (_, text) => {
    expect(fromBase64Url(text)).toBeUndefined();
  });

  test('reads nothing as no bytes', () => {
    expect(fromBase64Url('')).toEqual(new Uint8Array());
  });
});
