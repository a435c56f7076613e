import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8Length } from '../../../src/core/primitives/utf8-length.ts';
import { hostileText } from '../../support/hostile-text.ts';

describe('utf8Length()', () => {
  test('counts what an encoder writes', () => {
    fc.assert(
      fc.property(hostileText(), (text) => {
        fc.pre(text.isWellFormed());
        expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
      }),
    );
  });

  test.each([
    ['', 0],
    ['\u007f', 1],
    ['\u0080', 2],
    ['\u07ff', 2],
    ['\u0800', 3],
    ['\uffff', 3],
    ['\u{10000}', 4],
    ['\ud800', 2],
  ])('counts %j as %i', (text, bytes) => {
    expect(utf8Length(text)).toBe(bytes);
  });

  test('answers something above the limit without counting further', () => {
    expect(utf8Length('é'.repeat(100), 99)).toBeGreaterThan(99);
    expect(utf8Length('é'.repeat(100), 200)).toBe(200);
  });
});
