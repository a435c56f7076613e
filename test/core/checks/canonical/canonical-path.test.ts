import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalisePath,
  MAX_PATH_BYTES,
} from '../../../../src/core/checks/canonical/canonical-path.ts';
import { hostileText } from '../../../support/hostile-text.ts';

/** The canonical path, or the reason why there is none. */
function canonical(text: string): string {
  const path = canonicalisePath(text);
  return path.ok ? path.value : `! ${path.error}`;
}

/** What attackers put into paths, and what ordinary people do. */
const pieces = fc.constantFrom(
  ...['/', '//', '.', '..', '...', '/./', '/../', 'a', 'data', 'report.csv', ' ', '%', '%2', '~'],
  ...['%2e', '%2E%2e', '%2f', '%5c', '%00', '%25', '%252e', '%41', '%c3%a9', '%c0%af', '%ff'],
  ...['\\', '\0', '\n', 'é', 'e\u0301', '\u200b', '\u202e', '\uff0f', '\uff0e', '😀', ':', '*'],
);
const hostilePath = fc.array(pieces, { maxLength: 12 }).map((parts) => `/${parts.join('')}`);

describe('canonicalisePath()', () => {
  test.each([
    ['/', '/'],
    ['/data/report.csv', '/data/report.csv'],
    ['/data/', '/data'],
    ['//data', '/data'],
    ['///data////a', '/data/a'],
    ['/data/./a', '/data/a'],
    ['/./././', '/'],
    ['/data/../etc', '/etc'],
    ['/data/a/../../etc/', '/etc'],
    ['/data/..', '/'],
    ['/data/...', '/data/...'],
    ['/data/.hidden', '/data/.hidden'],
    ['/data/a..b', '/data/a..b'],
    ['/data/..a', '/data/..a'],
    ['/data/a.', '/data/a.'],
    ['/data/my%20file.txt', '/data/my file.txt'],
    ['/data/100%.csv', '/data/100%.csv'],
    ['/data/100%zz', '/data/100%zz'],
    ['/data/50%25', '/data/50%'],
    ['/data/%2541', '/data/A'],
    ['/data/%25252541', '/data/A'],
    ['/data/%41%4', '/data/A%4'],
    ['/data/%%34%31', '/data/A'],
    ['/data/%C3%A9', '/data/é'],
    ['/data/e\u0301', '/data/é'],
    ['/data/e%CC%81', '/data/é'],
    ['/data/a:b*c', '/data/a:b*c'],
    ['/data/-rf', '/data/-rf'],
    ['/データ/報告.txt', '/データ/報告.txt'],
    ['/data/½', '/data/½'],
    ['/data/./½', '/data/½'],
    ['/data/…more', '/data/…more'],
    ['/data/👩‍💻', '/data/👩‍💻'],
  ])('writes %j as %j', (text, path) => {
    expect(canonical(text)).toBe(path);
  });

  test.each([
    // Steps above the root, plain.
    ['/..', 'path_above_root'],
    ['/../etc/passwd', 'path_above_root'],
    ['/data/../../etc/passwd', 'path_above_root'],
    ['/./../data', 'path_above_root'],
    ['//../data', 'path_above_root'],
    // Encoded once, twice, with one dot encoded, in either case.
    ['/data/%2e%2e/etc', 'path_encoded_separator'],
    ['/data/%2E./etc', 'path_encoded_separator'],
    ['/data/.%2e/etc', 'path_encoded_separator'],
    ['/data/..%2fetc', 'path_encoded_separator'],
    ['/data/..%2Fetc', 'path_encoded_separator'],
    ['/data/..%5cetc', 'path_encoded_separator'],
    ['/data/%252e%252e/etc', 'path_encoded_separator'],
    ['/data/%25252e%25252e/etc', 'path_encoded_separator'],
    ['/data/%%32%65%%32%65/etc', 'path_encoded_separator'],
    ['%2Fetc%2Fpasswd', 'path_encoded_separator'],
    ['/data/a%00.csv', 'path_encoded_separator'],
    ['/data/a%2500.csv', 'path_encoded_separator'],
    ['/data/%2525252541', 'path_encoding'],
    // Bytes that are no UTF-8: over-long, cut short, surrogates, beyond Unicode.
    ['/data/%c0%ae%c0%ae/etc', 'path_encoding'],
    ['/data/..%c0%afetc', 'path_encoding'],
    ['/data/%e0%80%af', 'path_encoding'],
    ['/data/%c3', 'path_encoding'],
    ['/data/%ed%a0%80', 'path_encoding'],
    ['/data/%f4%90%80%80', 'path_encoding'],
    // Backslashes, drives, shares, relative forms, other notations.
    ['\\etc\\passwd', 'path_backslash'],
    ['/data\\..\\..\\etc', 'path_backslash'],
    ['\\\\server\\share', 'path_backslash'],
    ['C:\\Windows', 'path_backslash'],
    ['C:/Windows', 'path_not_absolute'],
    ['data/report.csv', 'path_not_absolute'],
    ['./data', 'path_not_absolute'],
    ['../data', 'path_not_absolute'],
    ['~/.ssh/id_rsa', 'path_not_absolute'],
    ['file:///etc/passwd', 'path_not_absolute'],
    ['$HOME/a', 'path_not_absolute'],
    [' /etc', 'path_not_absolute'],
    ['', 'path_not_absolute'],
    ['.', 'path_not_absolute'],
    // Characters that do not show, or show as something else.
    ['/data/a\0.csv', 'path_character'],
    ['/data/a\n', 'path_character'],
    ['/data/a\t', 'path_character'],
    ['/data/\u001b[2J', 'path_character'],
    ['/data/a%0ab', 'path_character'],
    ['/data/\u007f', 'path_character'],
    ['/data/\u0085', 'path_character'],
    ['/data/\u2028', 'path_character'],
    ['/data/gpj.\u202Eexe', 'path_character'],
    ['/data/%E2%80%AEexe', 'path_character'],
    ['/da\u200Bta', 'path_character'],
    ['/da\u00ADta', 'path_character'],
    ['/\uFEFFdata', 'path_character'],
    ['/data/\u{E0041}', 'path_character'],
    ['/data/\u3164', 'path_character'],
    ['/data/a\uFE0F', 'path_character'],
    ['/data/\uFFFE', 'path_character'],
    ['/data/\uD800', 'path_character'],
    // Characters that a reader who folds compatibility forms takes for steps.
    ['/data/\uFF0E\uFF0E/etc', 'path_character'],
    ['/data/\uFF0E/etc', 'path_character'],
    ['/data/\u2025/etc', 'path_character'],
    ['/data/..\uFF0Fetc', 'path_character'],
    ['/data\uFF3Cetc', 'path_character'],
    ['/data/\u2024\u2024/etc', 'path_character'],
    ['/data/%EF%BC%8E%EF%BC%8E/etc', 'path_character'],
    ['/data/\u2100', 'path_character'],
  ])('refuses %j', (text, reason) => {
    expect(canonical(text)).toBe(`! ${reason}`);
  });

  test('accepts a path of the longest length in bytes, and no longer one', () => {
    const longest = `/${'é'.repeat((MAX_PATH_BYTES - 2) / 2)}a`;
    expect(canonical(longest)).toBe(longest);
    expect(canonical(`${longest}a`)).toBe('! path_too_long');
  });

  test('measures the resolved path, so that dots do not count', () => {
    expect(canonical(`/${'a/../'.repeat(400)}b`)).toBe('/b');
    expect(canonical(`/${'a/../'.repeat(1_000)}b`)).toBe('! path_too_long');
  });

  test('reads three times as many characters, so that all of a path may be escapes', () => {
    expect(canonical(`/${'%61'.repeat(MAX_PATH_BYTES - 1)}`)).toHaveLength(MAX_PATH_BYTES);
    const dots = './'.repeat((3 * MAX_PATH_BYTES - 2) / 2);
    expect(canonical(`/${dots}a`)).toBe('/a');
    expect(canonical(`/${dots}aa`)).toBe('! path_too_long');
  });

  test('has nothing left to canonicalise in its result', () => {
    fc.assert(
      fc.property(hostilePath, (text) => {
        const path = canonicalisePath(text);
        if (path.ok) expect(canonical(path.value)).toBe(path.value);
      }),
      { numRuns: 2_000 },
    );
  });

  test('yields nothing that any reader could resolve or decode further', () => {
    fc.assert(
      fc.property(hostilePath, (text) => {
        const path = canonicalisePath(text);
        if (!path.ok) return;
        expect(path.value).toMatch(/^\/(?:[^/]+(?:\/[^/]+)*)?$/);
        expect(path.value.split('/')).not.toContain('..');
        expect(path.value.split('/')).not.toContain('.');
        expect(path.value).not.toMatch(/%[0-9a-f]{2}|[\\\0\n]/i);
        expect(path.value.normalize('NFKC').split(/[/\\]/)).not.toContain('..');
      }),
      { numRuns: 2_000 },
    );
  });

  test('resolves as a URL parser does wherever the text is plain', () => {
    const plain = fc.array(fc.constantFrom('a', 'b.c', '.', '..', '...'), { minLength: 1 });
    fc.assert(
      fc.property(plain, (steps) => {
        const text = `/${steps.join('/')}`;
        const path = canonicalisePath(text);
        const expected = new URL(text, 'file:///').pathname;
        if (path.ok) expect(path.value).toBe(expected.replace(/(?<=.)\/$/, ''));
      }),
    );
  });

  test('never throws', () => {
    fc.assert(
      fc.property(hostileText(50), (text) => {
        expect(typeof canonicalisePath(`/${text}`).ok).toBe('boolean');
      }),
    );
  });
});
