import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CanonicalReason } from '../../../../src/core/checks/canonical/canonical-problem.ts';
import {
  canonicaliseArgument,
  canonicaliseCommand,
  canonicaliseLine,
  canonicaliseProse,
} from '../../../../src/core/checks/canonical/canonical-text.ts';
import type { Result } from '../../../../src/core/primitives/result.ts';
import { hostileText } from '../../../support/hostile-text.ts';

/** The canonical text, or the reason why there is none. */
function shown(text: Result<string, CanonicalReason>): string {
  return text.ok ? text.value : `! ${text.error}`;
}

const anyText = hostileText();

describe('canonicaliseLine()', () => {
  test.each([
    ['', ''],
    ['An ordinary line, with "quotes" & <signs>.', 'An ordinary line, with "quotes" & <signs>.'],
    ['e\u0301', 'é'],
    ['\u212B', 'Å'],
    ['日本語 العربية עברית हिन्दी', '日本語 العربية עברית हिन्दी'],
    ['family 👩‍👩‍👧 heart ❤️ flag 🏴󠁧󠁢󠁳󠁣󠁴󠁿 key 1️⃣', 'family 👩‍👩‍👧 heart ❤️ flag 🏴󠁧󠁢󠁳󠁣󠁴󠁿 key 1️⃣'],
    ['no\u00A0break', 'no\u00A0break'],
  ])('writes %j as %j', (text, line) => {
    expect(shown(canonicaliseLine(text))).toBe(line);
  });

  test.each([
    ['a\nb', 'line_break'],
    ['a\r', 'line_break'],
    ['a\u2028b', 'line_break'],
    ['a\u2029b', 'line_break'],
    ['a\u0085b', 'line_break'],
    ['a\tb', 'control_character'],
    ['a\0', 'control_character'],
    ['\u001b[31mred', 'control_character'],
    ['a\u007f', 'control_character'],
    ['a\u009b31m', 'control_character'],
    ['abc\u202Edef', 'bidi_control'],
    ['abc\u2066def\u2069', 'bidi_control'],
    ['abc\u200Fdef', 'bidi_control'],
    ['abc\u061Cdef', 'bidi_control'],
    ['ab\u200Bc', 'invisible_character'],
    ['ab\u200Dc', 'invisible_character'],
    ['ab\u2060c', 'invisible_character'],
    ['ab\uFEFFc', 'invisible_character'],
    ['ab\u00ADc', 'invisible_character'],
    ['ab\u034Fc', 'invisible_character'],
    ['ab\u180Ec', 'invisible_character'],
    ['ab\u3164c', 'invisible_character'],
    ['ab\u115Fc', 'invisible_character'],
    ['ab\u2800c', 'invisible_character'],
    ['ab\uFE0Fc', 'invisible_character'],
    ['ab\u{E0100}c', 'invisible_character'],
    ['hi\u{E0068}\u{E0069}', 'invisible_character'],
    ['👩\u200D', 'invisible_character'],
    ['🏴\u{E0068}\u{E0069}\u{E007F}', 'invisible_character'],
    ['ab\uFFF9c', 'invisible_character'],
    ['a\uFFFF', 'not_a_character'],
    ['a\u{1FFFE}', 'not_a_character'],
    ['a\uD800', 'not_a_character'],
    ['\uDC00\uD800', 'not_a_character'],
  ])('refuses %j', (text, reason) => {
    expect(shown(canonicaliseLine(text))).toBe(`! ${reason}`);
  });

  test('has nothing left to canonicalise in its result', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const line = canonicaliseLine(text);
        if (line.ok) expect(canonicaliseLine(line.value)).toEqual(line);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('canonicaliseProse()', () => {
  test.each([
    'one\ntwo\r\n\tthree',
    'e\u0301 stays as it was written',
    'می\u200Cخواهم and क्\u200Dष',
    'right-to-left mark \u200F within \u05D0',
    '葛\u{E0100}',
    '🏴󠁧󠁢󠁥󠁮󠁧󠁿 ❤️ 👩‍💻',
    '\uFEFFbyte order mark',
  ])('passes %j on unchanged', (text) => {
    expect(shown(canonicaliseProse(text))).toBe(text);
  });

  test.each([
    ['a\0b', 'control_character'],
    ['a\bb', 'control_character'],
    ['a\u001b]0;title\u0007', 'control_character'],
    ['a\u0085b', 'control_character'],
    ['a\u009bm', 'control_character'],
    ['if (admin\u202E) {', 'bidi_control'],
    ['\u2067rtl\u2069', 'bidi_control'],
    ['ignore\u{E0069}\u{E0067}\u{E006E}', 'invisible_character'],
    ['a\u{E0100}\u{E0101}\u{E0102}', 'invisible_character'],
    ['a\uFE00\uFE01\uFE02', 'invisible_character'],
    ['a\u206Ab', 'invisible_character'],
    ['a\uFFFAb', 'invisible_character'],
    ['a\uFFFEb', 'not_a_character'],
    ['a\uDFFF', 'not_a_character'],
  ])('refuses %j', (text, reason) => {
    expect(shown(canonicaliseProse(text))).toBe(`! ${reason}`);
  });

  test('never changes what it accepts', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const prose = canonicaliseProse(text);
        if (prose.ok) expect(prose.value).toBe(text);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('canonicaliseArgument()', () => {
  test.each([
    '-rf',
    '--name=value',
    'two words',
    'a/b.c',
    'a,b:c@d%e+f=g',
    '/data/report.csv',
    'é',
    'a~b#c',
  ])('accepts %j', (text) => {
    expect(shown(canonicaliseArgument(text))).toBe(text);
  });

  test.each([
    ...['a; rm -rf /', 'a && b', 'a | b', 'a & b', '$(id)', '$IFS', '`id`', '$HOME', 'a > b'],
    ...['a < b', 'a\\b', '"a"', "it's", '(a', 'a)', '{a', 'a}', '*.csv', 'a?', '[a', 'a]', '!!'],
    ...['^a', '~/a', '# comment', 'a\u037Eb', 'a\u1FEFb\u1FEF'],
  ])('refuses %j, in which a shell would read more than an argument', (text) => {
    expect(shown(canonicaliseArgument(text))).toBe('! shell_metacharacter');
  });

  test.each([
    ['a\nb', 'line_break'],
    ['a\0', 'control_character'],
    ['a\u200Bb', 'invisible_character'],
  ])('refuses %j', (text, reason) => {
    expect(shown(canonicaliseArgument(text))).toBe(`! ${reason}`);
  });
});

describe('canonicaliseCommand()', () => {
  test.each([
    ['ls', 'ls'],
    ['g++', 'g++'],
    ['python3.12', 'python3.12'],
    ['x86_64-linux-gnu-gcc', 'x86_64-linux-gnu-gcc'],
    ...['R', 'Rscript', '7z', '_x', 'cmakeGUI', 'a'.repeat(128)].map((name) => [name, name]),
    ['/usr/bin/env', '/usr/bin/env'],
    ['/usr/bin/../bin/env', '/usr/bin/env'],
  ])('writes %s as %s', (text, command) => {
    expect(shown(canonicaliseCommand(text))).toBe(command);
  });

  test.each([
    ['', 'command_malformed'],
    ['-x', 'command_malformed'],
    ['.', 'command_malformed'],
    ['..', 'command_malformed'],
    ['./run', 'command_malformed'],
    ['bin/run', 'command_malformed'],
    ['ls -l', 'command_malformed'],
    ['/bin/ls -l', 'command_malformed'],
    ['l\u0455', 'command_malformed'],
    ['a'.repeat(129), 'command_malformed'],
    ['ls;id', 'shell_metacharacter'],
    ['$(id)', 'shell_metacharacter'],
    ['/bin/l%73;', 'shell_metacharacter'],
    ['/bin/%24HOME', 'shell_metacharacter'],
    ['/../bin/ls', 'path_above_root'],
    ['/bin/%2e%2e/ls', 'path_encoded_separator'],
    ['ls\n', 'line_break'],
  ])('refuses %j', (text, reason) => {
    expect(shown(canonicaliseCommand(text))).toBe(`! ${reason}`);
  });
});
