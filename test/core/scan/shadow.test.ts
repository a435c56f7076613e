import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shadowOf } from '../../../src/core/scan/shadow.ts';

function shadow(text: string): string {
  return shadowOf(text).text;
}

describe('shadowOf()', () => {
  test.each([
    ['plain text\nwith lines', 'plain text\nwith lines'],
    ['ｆｕｌｌ', 'full'],
    ['а Cyrillic а', 'a Cyrillic a'],
    ['e\u0301tude étude', 'etude etude'],
    ['i\u200bn\u2060visible\ufeff', 'invisible'],
    ['tag\u{e0041}ged', 'tagged'],
    ['\\u0041\\n\\"', 'A\n '],
    ['\\u12 \\x', '\\u12 \\x'],
    ['𝐛𝐨𝐥𝐝', 'bold'],
    ['ﬁne', 'fine'],
    ['漢字', '漢字'],
  ])('of %j is %j', (text, expected) => {
    expect(shadow(text)).toBe(expected);
  });

  test('keeps a character that stands for a whole phrase as it is', () => {
    expect(shadow('\ufdfa')).toBe('\ufdfa');
  });

  test('maps a part back to all that it was made from', () => {
    const text = 'x ｆ\u200bｕ\u0301ｌｌ y';
    const made = shadowOf(text);
    const start = made.text.indexOf('full');
    const span = made.toSource({ start, end: start + 4 });
    expect(text.slice(span.start, span.end)).toBe('ｆ\u200bｕ\u0301ｌｌ');
  });

  test('maps whole characters to whole characters of the source', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), fc.nat(), (text, a, b) => {
        const made = shadowOf(text);
        const characters = Array.from(made.text);
        const [from = 0, to = 0] = [a, b]
          .map((n) => n % (characters.length + 1))
          .sort((x, y) => x - y);
        const start = characters.slice(0, from).join('').length;
        const end = characters.slice(0, to).join('').length;

        const span = made.toSource({ start, end });
        expect(span.start).toBeLessThanOrEqual(span.end);
        expect(span.end).toBeLessThanOrEqual(text.length);
        const part = text.slice(span.start, span.end);
        expect(part.isWellFormed()).toBe(true);
        expect(shadow(part)).toContain(made.text.slice(start, end));
      }),
    );
  });

  test('is its own shadow once made, but for escapes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const once = shadow(text.replaceAll('\\', ''));
        expect(shadow(once)).toBe(once);
      }),
    );
  });
});
