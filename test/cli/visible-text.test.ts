import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTerminal } from '../../src/cli/terminal.ts';
import { visibleJson, visibleText } from '../../src/cli/visible-text.ts';
import { hostileText } from '../support/hostile-text.ts';

/** What a terminal may act on, or a reader cannot see. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/u;

describe('visibleText()', () => {
  test.each([
    ['plain text, "quoted"', 'plain text, "quoted"'],
    ['grüße 日本 😀', 'grüße 日本 😀'],
    ['\u001b[2J\u001b]0;title\u0007', '\\u{1b}[2J\\u{1b}]0;title\\u{7}'],
    ['\u009b31m', '\\u{9b}31m'],
    ['a\r\nok   all passed', 'a\\u{d}\\u{a}ok   all passed'],
    ['safe\u202etxt.exe', 'safe\\u{202e}txt.exe'],
    ['tag\u{e0041}', 'tag\\u{e0041}'],
    ['half \ud800', 'half \\u{d800}'],
    ['blank \u3164\u2800', 'blank \\u{3164}\\u{2800}'],
  ])('shows %j as %j', (text, shown) => {
    expect(visibleText(text)).toBe(shown);
  });

  test('leaves nothing hidden in whatever text, and is its own fixed point', () => {
    fc.assert(
      fc.property(hostileText(60), (text) => {
        const shown = visibleText(text);
        expect(shown).not.toMatch(HIDDEN);
        expect(visibleText(shown)).toBe(shown);
      }),
    );
  });
});

describe('visibleJson()', () => {
  test('reads back as the same value, and hides nothing but line feeds', () => {
    fc.assert(
      fc.property(fc.dictionary(hostileText(), hostileText()), (value) => {
        const text = visibleJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text.replaceAll('\n', '')).not.toMatch(HIDDEN);
      }),
    );
  });
});

describe('a terminal', () => {
  function write(isTTY: boolean, env: Record<string, string> = {}): string {
    const written: string[] = [];
    const stream = { isTTY, write: (text: string) => written.push(text) };
    const terminal = createTerminal({ stdout: stream, stderr: stream }, env);
    terminal.line('a\u001b[2Jb\nc', 'good');
    return written.join('');
  }

  test('has no colours unless somebody looks at it and has not asked for none', () => {
    expect(write(true)).toBe('\u001b[32ma\\u{1b}[2Jb\\u{a}c\u001b[0m\n');
    for (const plain of [
      write(false),
      write(true, { NO_COLOR: '1' }),
      write(true, { TERM: 'dumb' }),
    ]) {
      expect(plain).toBe('a\\u{1b}[2Jb\\u{a}c\n');
    }
  });
});
