import { describe, expect, test } from 'vitest';
import { MAX_DEPTH } from '../../src/core/scan/scan-text.ts';
import type { GivenSecret } from '../../src/executor/given-secret.ts';
import { createRedactor } from '../../src/executor/redact-secrets.ts';

const SECRET = 'k3y-w1th-16-char';
const given = (value: string): GivenSecret => ({
  ...{ setting: 'key', name: 'weather-key', value, hosts: [] },
  delivery: { as: 'file' },
});
const redactor = createRedactor([given(SECRET), given('an0ther-s3cret')]);
const BASE64 = Buffer.from(SECRET).toString('base64');

const output = (text: string, truncated = false) =>
  redactor.end({ outcome: 'ok', output: text, truncated }).output;

describe('what a call has written', () => {
  test.each([
    [`x${SECRET}y`, 'x[secret]y'],
    [SECRET, '[secret]'],
    [`${SECRET}${SECRET}`, '[secret][secret]'],
    [`${SECRET} and an0ther-s3cret.`, '[secret] and [secret].'],
    [encodeURIComponent(`a ${SECRET}`), 'a%20[secret]'],
    [SECRET.slice(0, -1), SECRET.slice(0, -1)],
    ['nothing', 'nothing'],
    ['', ''],
  ])('of %j keeps %j', (text, kept) => {
    expect(output(text)).toBe(kept);
    expect(redactor.line(text)).toBe(kept);
  });

  test('holds no secret in another writing', () => {
    for (const text of [`a ${BASE64} b`, `a ${Buffer.from(SECRET).toString('hex')} b`]) {
      expect(output(text)).toBe('a [secret] b');
    }
  });

  test('holds no beginning of one where it was cut off, as its log always may be', () => {
    const cut = `the key is ${SECRET.slice(0, 12)}`;
    const logged = (text: string) =>
      redactor.end({ outcome: 'exit', truncated: false, log: text }).log;
    expect(output(cut)).toBe(cut);
    for (const kept of [output(cut, true), logged(cut)]) {
      expect(kept).toMatch(/^the key/);
      expect(kept).not.toContain(SECRET.slice(0, 4));
    }
    for (const kept of [output(`a ${SECRET}`, true), logged(`a ${SECRET}`)]) {
      expect(kept).toBe('a [secret]');
    }
  });

  test('is not passed on where it cannot be looked through', () => {
    const blind = Array.from({ length: MAX_DEPTH + 1 }).reduce<string>(
      (text) => Buffer.from(text).toString('base64'),
      `the key is ${SECRET}`,
    );
    const ended = redactor.end({ outcome: 'ok', output: blind, truncated: false, log: blind });
    expect(ended).toEqual({ outcome: 'plugin_error', truncated: false, log: '' });
    expect(redactor.line(blind)).toBe('');
  });

  test('is as it was where nothing was given', () => {
    const ended = { outcome: 'ok', output: SECRET, truncated: true, log: SECRET } as const;
    expect(createRedactor([]).end(ended)).toBe(ended);
    expect(createRedactor([]).line(SECRET)).toBe(SECRET);
  });
});
