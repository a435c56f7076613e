import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitText } from '../../src/channels/split-text.ts';

describe('splitText()', () => {
  test('leaves alone what fits, and splits what is one longer', () => {
    expect(splitText('x'.repeat(10), 10)).toEqual(['x'.repeat(10)]);
    expect(splitText('x'.repeat(11), 10)).toEqual(['x'.repeat(10), 'x']);
    expect(splitText('', 10)).toEqual([]);
  });

  test('prefers the end of a paragraph to that of a line, and that to a word', () => {
    expect(splitText('one two\n\nthree\nfour', 15)).toEqual(['one two\n\n', 'three\nfour']);
    expect(splitText('one two three\nfour', 15)).toEqual(['one two three\n', 'four']);
    expect(splitText('one two three four', 15)).toEqual(['one two three ', 'four']);
  });

  test('does not waste more than half of a part for it', () => {
    expect(splitText(`a ${'b'.repeat(18)}`, 10)[0]).toBe('a bbbbbbbb');
  });

  test.each(['👩‍👩‍👧‍👦', '🇩🇪', 'é', '👍🏽', '각'])('never cuts within %s', (grapheme) => {
    const parts = splitText(grapheme.repeat(20), grapheme.length * 3 + 1);
    expect(parts.length).toBeGreaterThan(1);
    for (const part of parts) expect(part.replaceAll(grapheme, '')).toBe('');
  });

  test('cuts a character that is longer than a part between code points', () => {
    const parts = splitText(`😀${'\u{1F3FB}'.repeat(9)}`, 5);
    expect(parts.every((part) => part.isWellFormed() && part.length <= 5)).toBe(true);
  });

  test('fits as its reader counts', () => {
    const lengthOf = (text: string) => text.replaceAll('&', '&amp;').length;
    expect(splitText('&&&&x', 10, lengthOf)).toEqual(['&&', '&&', 'x']);
    expect(splitText('&'.repeat(3), 4, lengthOf)).toEqual(['&', '&', '&']);
    expect(splitText('x'.repeat(11), 10, lengthOf)).toEqual(['x'.repeat(10), 'x']);
  });

  test('loses nothing and fits, whatever the text', () => {
    const text = fc.string({ unit: 'binary', maxLength: 100 });
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 40 }), (written, maxChars) => {
        const parts = splitText(written, maxChars);
        expect(parts.every((part) => part.length <= maxChars && part.isWellFormed())).toBe(true);
        expect(parts.join('').replaceAll(/\s/g, '')).toBe(written.replaceAll(/\s/g, ''));
      }),
      // Finding graphemes takes milliseconds.
      { numRuns: 40 },
    );
  });
});
