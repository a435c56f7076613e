import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../src/core/primitives/canonical-json.ts';
import { type JsonLimits, parseJson } from '../../../src/core/primitives/parse-json.ts';
import { hostileText } from '../../support/hostile-text.ts';

const LIMITS: JsonLimits = { maxBytes: 10_000, maxDepth: 16 };

function reasonFor(text: string, limits: JsonLimits = LIMITS): string | undefined {
  const parsed = parseJson(text, limits);
  return parsed.ok ? undefined : parsed.error.reason;
}

describe('parseJson()', () => {
  test.each([
    '0',
    'null',
    '"a:b"',
    ' [1, {"a": ":", "b\\"c:": [":", "\\\\"]}] ',
    '{"__proto__": 1, "constructor": {"prototype": 2}}',
    '{"a": {"a": {"a": 1}}, "b": {"a": 2}}',
  ])('reads %s as JSON.parse does', (text) => {
    expect(parseJson(text, LIMITS)).toEqual({ ok: true, value: JSON.parse(text) });
  });

  test.each([
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '{"a\\/b":1,"a/b":2}',
    '[{"x":[{"k":1,"m":2,"k":3}]}]',
    '{"":1,"":2}',
    '{"__proto__":1,"__proto__":2}',
    '{"a":{"b":1},"a":{"b":1,"c":2}}',
  ])('refuses %s: readers would disagree on its value', (text) => {
    expect(reasonFor(text)).toBe('duplicate_key');
  });

  test('tells composed from decomposed keys, as every reader does', () => {
    expect(reasonFor('{"\u00e9":1,"e\u0301":2}')).toBeUndefined();
  });

  test.each([
    '',
    ' ',
    '{',
    '{"a"}',
    "{'a':1}",
    '[1,]',
    '01',
    '1 2',
    'NaN',
    '"\n"',
    '\ufeff{}',
    '// c\n1',
    '{"a":1}}',
    '"\\x41"',
  ])('refuses %j as malformed', (text) => {
    expect(reasonFor(text)).toBe('malformed');
  });

  test.each(['1e400', '[-1e999]', '{"a":1e309}'])('refuses %s, which no double holds', (text) => {
    expect(reasonFor(text)).toBe('number_overflow');
  });

  test.each(['"\\ud800"', '["\\udc00\\ud800"]', '{"\\udfff":1}'])(
    'refuses %s for its lone surrogate',
    (text) => {
      expect(reasonFor(text)).toBe('lone_surrogate');
    },
  );

  test('accepts nesting at the limit, and no deeper', () => {
    const deep = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(reasonFor(deep(16))).toBeUndefined();
    expect(reasonFor(deep(17))).toBe('too_deep');
    expect(reasonFor('{"a":'.repeat(17) + 1 + '}'.repeat(17))).toBe('too_deep');
    expect(reasonFor(deep(100_000), { maxBytes: 200_000, maxDepth: 64 })).toBe('too_deep');
  });

  test.each([
    ['a', 1],
    ['é', 2],
    ['€', 3],
    ['😀', 4],
  ])('counts %s as %i bytes', (character, bytes) => {
    const text = `"${character.repeat(10)}"`;
    expect(reasonFor(text, { maxBytes: 2 + 10 * bytes, maxDepth: 1 })).toBeUndefined();
    expect(reasonFor(text, { maxBytes: 1 + 10 * bytes, maxDepth: 1 })).toBe('too_large');
  });

  test('quotes nothing of the text in its message', () => {
    const parsed = parseJson('{"password": hunter2}', LIMITS);
    expect(!parsed.ok && parsed.error.message).toBe('Cannot read JSON: it must be JSON (RFC 8259)');
  });

  test('reads whatever JSON.stringify writes, and what it accepts can be made canonical', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8 }), (text) => {
        const parsed = parseJson(text, { maxBytes: 1_000_000, maxDepth: 16 });
        expect(parsed).toEqual({ ok: true, value: JSON.parse(text) });
        if (parsed.ok) expect(parseJson(canonicalJson(parsed.value), LIMITS).ok).toBe(true);
      }),
    );
  });

  test('finds a repeated key wherever it is', () => {
    const withRepeat = fc
      .tuple(fc.json({ maxDepth: 3 }), fc.string(), fc.json({ maxDepth: 3 }))
      .map(([before, key, after]) => {
        const name = JSON.stringify(key);
        return `[${before},{${name}:${before},"other":${after},${name}:${after}}]`;
      });
    const limits = { maxBytes: 1_000_000, maxDepth: 16 };
    fc.assert(
      fc.property(withRepeat, (text) => {
        fc.pre(!text.includes('\\ud'));
        expect(reasonFor(text, limits)).toBe('duplicate_key');
      }),
    );
  });

  test('never throws on any text', () => {
    fc.assert(
      fc.property(hostileText(), (text) => {
        expect(typeof parseJson(text, LIMITS).ok).toBe('boolean');
      }),
    );
  });
});
