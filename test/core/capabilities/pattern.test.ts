import { describe, expect, test } from 'vitest';
import { MAX_PATTERN_LENGTH, MAX_SEGMENTS } from '../../../src/core/capabilities/notation.ts';
import { covers, parseCapability, parsePattern } from '../../../src/core/capabilities/pattern.ts';
import { cpuMs } from '../../support/cpu-ms.ts';
import { pattern } from './read.ts';

describe('parsePattern()', () => {
  test.each([
    '*',
    'a',
    'channel:*',
    'tool:file:read:/*',
    'tool:file:read:/',
    'tool:web-*:get',
    'block:trap_exit',
    'tool:file:read:/data/.hidden/..a/...',
    'tool:file:read:/data/*.csv',
    'tool:file:read:/a%3Ab%2A%25%5C%20',
    'tool:file:read:/caf%C3%A9/*%F0%9F%98%80',
    'tool:network:http:2001%3Adb8%3A%3A1:443',
    'tool:call:a@b+c=d~e',
  ])('accepts %s', (text) => {
    expect(parsePattern(text)).toEqual({ ok: true, value: text });
  });

  test.each([
    ['', 'segment 1 must not be empty'],
    ['tool::read', 'segment 2 must not be empty'],
    ['tool:read:', 'segment 3 must not be empty'],
    [':tool', 'segment 1 must not be empty'],
    ['tool:re ad', 'segment 2 must hold only'],
    ['tool:réad', 'segment 2 must hold only'],
    ['tool:read\n', 'segment 2 must hold only'],
    ['tool:read\0', 'segment 2 must hold only'],
    ['tool:read!', 'segment 2 must hold only'],
    ['tool:a\\b', 'segment 2 must hold only'],
    ['tool:**', 'segment 2 must not repeat "*"'],
    ['tool:a**b', 'segment 2 must not repeat "*"'],
    ['tool:file:read:/data/../etc', 'segment 4 must be a path'],
    ['tool:file:read:/data/./etc', 'segment 4 must be a path'],
    ['tool:file:read:/data/..', 'segment 4 must be a path'],
    ['tool:file:read:/data//etc', 'segment 4 must be a path'],
    ['tool:file:read://etc', 'segment 4 must be a path'],
    ['tool:file:read:/data/', 'segment 4 must be a path'],
    ['tool:file:read:/data/*/', 'segment 4 must be a path'],
    ['tool:file:read:/*/../etc', 'segment 4 must be a path'],
    ['tool:a%', 'two upper-case hex digits'],
    ['tool:a%4', 'two upper-case hex digits'],
    ['tool:a%3a', 'two upper-case hex digits'],
    ['tool:a%*', 'two upper-case hex digits'],
    ['tool:a%3*', 'two upper-case hex digits'],
    ['tool:a%%3A', 'two upper-case hex digits'],
    ['tool:%41', 'escape no character that needs no escape'],
    ['tool:file:read:/data/%2E%2E/etc', 'escape no character that needs no escape'],
    ['tool:file:read:/data%2Fetc', 'escape no character that needs no escape'],
    ['tool:file:read:/etc%00', 'must not hold the character NUL'],
    ['tool:%C3', 'whole UTF-8 characters'],
    ['tool:%C3*%A9', 'whole UTF-8 characters'],
    ['tool:%C0%AF', 'whole UTF-8 characters'],
    ['tool:%ED%A0%80', 'whole UTF-8 characters'],
    ['tool:e%CC%81', 'normal form NFC'],
    ['tool:*e%CC%81', 'normal form NFC'],
    ['tool:%E2%84%AA', 'normal form NFC'],
  ])('rejects %j', (text, problem) => {
    const parsed = parsePattern(text);
    expect(parsed).toMatchObject({ ok: false, error: { code: 'malformed_capability' } });
    expect(!parsed.ok && parsed.error.message).toContain(problem);
  });

  test('accepts text at both limits and rejects the next', () => {
    const segments = (count: number) => Array(count).fill('a').join(':');
    expect(parsePattern('a'.repeat(MAX_PATTERN_LENGTH)).ok).toBe(true);
    expect(parsePattern('a'.repeat(MAX_PATTERN_LENGTH + 1)).ok).toBe(false);
    expect(parsePattern(segments(MAX_SEGMENTS)).ok).toBe(true);
    expect(parsePattern(segments(MAX_SEGMENTS + 1)).ok).toBe(false);
    expect([MAX_PATTERN_LENGTH, MAX_SEGMENTS]).toEqual([512, 16]);
  });

  test('quotes the beginning of a hostile text in printable ASCII', () => {
    const parsed = parsePattern(`\u001b[2J\u009b\u202e${'x'.repeat(10_000)}`);
    const message = parsed.ok ? '' : parsed.error.message;
    expect(message).toMatch(/^Cannot read pattern "\\u001b\[2J\\u009b\\u202exx[ -~]*$/);
    expect(message.length).toBeLessThan(200);
  });
});

describe('parseCapability()', () => {
  test('refuses a star, so that a call cannot ask for a family of things', () => {
    expect(parseCapability('tool:file:read:/a')).toMatchObject({ ok: true });
    expect(parseCapability('tool:file:read:/a%2A')).toMatchObject({ ok: true });
    for (const text of ['tool:file:*', 'tool:file:read:/a*', '*']) {
      expect(parseCapability(text)).toMatchObject({ ok: false });
    }
  });

  test('repeats nothing of a refused text, since arguments may be in it', () => {
    for (const text of ['tool:file:read:/hunter2/../x', 'tool:hunter2:*', 'tool:hunter2%41']) {
      expect(JSON.stringify(parseCapability(text))).not.toContain('hunter2');
    }
  });
});

describe('covers()', () => {
  test.each([
    // wider               narrower                     expected
    ['channel:*', 'channel:send', true],
    ['channel:*', 'channel:send:telegram', true],
    ['channel:*', 'channel', false],
    ['channel:*', 'channels:send', false],
    ['*', 'anything:at:all', true],
    ['Tool:x', 'tool:x', false],
    ['tool:x', 'tool:x:y', false],
    ['tool:x:y', 'tool:x', false],
    // paths: a slash is an ordinary character
    ['tool:file:read:/*', 'tool:file:read:/', true],
    ['tool:file:read:/*', 'tool:file:read:/etc/ssl/passwd', true],
    ['tool:file:read:/*', 'tool:file:write:/etc/passwd', false],
    ['tool:file:read:/etc/*', 'tool:file:read:/etc/app.conf', true],
    ['tool:file:read:/etc/*', 'tool:file:read:/etc/a%3Ab', true],
    ['tool:file:read:/etc/*', 'tool:file:read:/etc/.hidden', true],
    ['tool:file:read:/etc/*', 'tool:file:read:/etc', false],
    ['tool:file:read:/data/*', 'tool:file:read:/database', false],
    ['tool:file:read:/*.csv', 'tool:file:read:/a/b.csv', true],
    ['tool:file:read:/*.csv', 'tool:file:read:/a/b.csv.exe', false],
    // inner stars
    ['tool:*:read', 'tool:file:read', true],
    ['tool:*:read', 'tool:file:old:read', false],
    ['tool:*:read', 'tool:read', false],
    ['tool:a*a', 'tool:a', false],
    ['tool:a*a', 'tool:aa', true],
    ['tool:a*b*c', 'tool:axxbyyc', true],
    ['tool:a*b*c', 'tool:acb', false],
    ['tool:ab*b*', 'tool:ab', false],
    ['tool:a*b*b', 'tool:ab', false],
    ['tool:a*b*b', 'tool:abb', true],
    ['tool:a*aba*a', 'tool:aaba', false],
    ['tool:*ab*ab*', 'tool:abab', true],
    ['tool:*ab*ab*', 'tool:aab', false],
    ['tool:f*', 'tool:file', true],
    ['tool:f*', 'tool:f', true],
    ['tool:f*', 'tool:file:read', false],
    // hosts
    ['tool:network:http:*.example.com:443', 'tool:network:http:a.b.example.com:443', true],
    ['tool:network:http:*.example.com:443', 'tool:network:http:example.com:443', false],
    ['tool:network:http:*.example.com:443', 'tool:network:http:example.com.evil.org:443', false],
    ['tool:network:http:*.example.com:443', 'tool:network:http:a.example.com:4430', false],
    ['tool:network:http:api.example.com:*', 'tool:network:http:api.example.com:80', true],
    // an escape is one character
    ['tool:call:*A', 'tool:call:x%3A', false],
    ['tool:call:x*3A', 'tool:call:x%3A', false],
    ['tool:call:*3A*', 'tool:call:%3A3A', true],
    ['tool:call:*3A*', 'tool:call:%3A', false],
    ['tool:call:*%3A', 'tool:call:x%3A', true],
    // the narrower side is a pattern too
    ['tool:*', 'tool:a:*', true],
    ['tool:a*', 'tool:*', false],
    ['tool:a*', 'tool:a*', true],
    ['tool:file:*', 'tool:*', false],
    ['tool:file:*', 'tool:file:read:/data/*', true],
    ['tool:file:read:*', 'tool:file:*', false],
    ['tool:file:/a*', 'tool:file:/ab*', true],
    ['tool:file:/ab*', 'tool:file:/a*', false],
    ['a:*', 'a:*:c', true],
    ['a:*:c', 'a:*', false],
    ['a:*:*', 'a:*', false],
    ['a:*', 'a:*:*', true],
    ['a:x*', 'a:*', false],
    ['a:*x', 'a:*', false],
    ['*:a', '*', false],
    ['a:*:c', 'a:b*:c', true],
    ['a:b*:c', 'a:*:c', false],
  ])('%s covers %s: %s', (wider, narrower, expected) => {
    expect(covers(pattern(wider), pattern(narrower))).toBe(expected);
  });

  test('terminates at once on the worst texts that the limits allow', () => {
    const shapes: [string, string][] = [
      [`${'*a'.repeat(250)}b`, 'a'.repeat(MAX_PATTERN_LENGTH)],
      [`*${'a'.repeat(250)}b${'a'.repeat(250)}*`, 'a'.repeat(MAX_PATTERN_LENGTH)],
      [`*${'a'.repeat(255)}b*`, 'a'.repeat(MAX_PATTERN_LENGTH)],
      [`*${'%3A'.repeat(80)}b*`, '%3A'.repeat(170)],
      [`*${'A%3A'.repeat(80)}b*`, `${'A%3A'.repeat(127)}`],
      [`${'*:'.repeat(15)}*b`, `${'a:'.repeat(15)}a`],
      ['*a'.repeat(256), '*a'.repeat(255)],
    ];
    const spent = cpuMs(() => {
      for (const [wider, narrower] of shapes) {
        for (let i = 0; i < 100; i++) covers(pattern(wider), pattern(narrower));
      }
    });
    expect(spent).toBeLessThan(2_000); // backtracking would take ages
  });
});
