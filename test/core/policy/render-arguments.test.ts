/** What a human is shown: all of it, and nothing that looks like something else. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderArguments } from '../../../src/core/policy/render-arguments.ts';

const shown = (text: string) => renderArguments({ a: text }).slice('{\n  "a": "'.length, -3);

describe('renderArguments()', () => {
  test.each([
    ['a right-to-left override', '\u202e', '\\u{202e}'],
    ['an isolate', '\u2066', '\\u{2066}'],
    ['a zero-width space', '\u200b', '\\u{200b}'],
    ['a byte order mark', '\ufeff', '\\u{feff}'],
    ['a tag', '\u{e0041}', '\\u{e0041}'],
    ['a variation selector', '\ufe0f', '\\u{fe0f}'],
    ['a filler', '\u3164', '\\u{3164}'],
    ['a space that is none', '\u00a0', '\\u{a0}'],
    ['a line separator', '\u2028', '\\u{2028}'],
    ['a blank of Braille', '\u2800', '\\u{2800}'],
    ['a C1 control', '\u0085', '\\u{85}'],
    ['a private character', '\ue000', '\\u{e000}'],
  ])('writes %s so that it is seen', (_, text, written) => {
    expect(shown(`x${text}y`)).toBe(`x${written}y`);
  });

  test('writes what JSON escapes as JSON does', () => {
    expect(shown('a\nb\u0000"\ud800')).toBe('a\\nb\\u0000\\"\\ud800');
  });

  test('leaves ordinary text of any language alone', () => {
    for (const text of ['plain', 'Grüße', '日本語', 'שלום', 'é', '🙂'])
      expect(shown(text)).toBe(text);
  });

  test('cannot be made to show an escape that is not there', () => {
    expect(shown('\\u{202e}')).toBe('\\\\u{202e}');
  });

  test('shows names as it shows values', () => {
    expect(renderArguments({ 'to\u200b': 1 })).toBe('{\n  "to\\u{200b}": 1\n}');
  });

  test('shows nothing unseen, whatever it is given', () => {
    const unseen = /(?![ \n])[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u;
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(renderArguments({ [text]: [text] })).not.toMatch(unseen);
      }),
    );
  });

  test('shows different arguments differently', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(shown(a) === shown(b)).toBe(a === b);
      }),
    );
  });
});
