import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { splitMarkdown } from '../../src/channels/split-markdown.ts';

const lines = (count: number, word: string) =>
  Array.from({ length: count }, (_, n) => `${word} ${n}`).join('\n');

describe('splitMarkdown()', () => {
  test('leaves alone what fits', () => {
    const text = `\`\`\`js\n${lines(10, 'line')}\n\`\`\``;
    expect(splitMarkdown(text, 512)).toEqual([text]);
  });

  test('closes a block that it cuts, and opens it again in its language', () => {
    const parts = splitMarkdown(`before\n\`\`\`js\n${lines(200, 'line')}\n\`\`\`\nafter`, 512);
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) expect(part.match(/^```/gm)?.length).toBe(2);
    for (const part of parts.slice(1)) expect(part.startsWith('```js\n')).toBe(true);
    expect(parts.at(-1)).toMatch(/\n```\nafter$/);
    const numbers = parts.join('\n').match(/^line \d+$/gm);
    expect(new Set(numbers).size).toBe(200);
  });

  test('knows that a shorter fence, or another one, closes nothing', () => {
    const parts = splitMarkdown(`~~~~\n\`\`\`\n~~~\n${lines(100, 'line')}\n~~~~`, 512);
    for (const part of parts.slice(1)) expect(part.startsWith('~~~~\n')).toBe(true);
    expect(parts.at(-1)?.endsWith('\n~~~~')).toBe(true);
  });

  test('splits prose as prose, with a fence that is too long to write again', () => {
    const text = `\`\`\`${'x'.repeat(80)}\n${lines(100, 'line')}`;
    expect(splitMarkdown(text, 512).join('')).toBe(text);
  });

  test('keeps every part within what its reader counts, with the fences that it writes again', () => {
    const lengthOf = (text: string) => text.replaceAll('&', '&amp;').length;
    const text = `\`\`\`${'&'.repeat(60)}\n${lines(300, 'line')}\n\`\`\``;
    const parts = splitMarkdown(text, 512, lengthOf);
    expect(parts.filter((part) => lengthOf(part) > 512)).toEqual([]);
  });

  test('keeps every part within the limit, whatever is written', () => {
    const piece = fc.constantFrom(
      '```',
      '~~~',
      '\n',
      '```js',
      'words and words ',
      '\n\n',
      '👩‍👩‍👧',
    );
    const text = fc.array(piece, { maxLength: 600 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, fc.integer({ min: 512, max: 1_024 }), (written, max) => {
        const parts = splitMarkdown(written, max);
        expect(parts.every(({ length }) => length <= max)).toBe(true);
        const seen = (all: string) => all.replaceAll(/[`~\s]|js/g, '');
        expect(seen(parts.join(''))).toBe(seen(written));
      }),
    );
  });
});
