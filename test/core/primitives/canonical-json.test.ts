import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson, MAX_CANONICAL_DEPTH } from '../../../src/core/primitives/canonical-json.ts';
import type { JsonValue } from '../../../src/core/primitives/json.ts';
import { hostileUnit } from '../../support/hostile-text.ts';

/** Lists within lists: `[[…]]`, `depth` of them. */
function nested(depth: number): JsonValue {
  let value: JsonValue = 0;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
}

/** The same value with the members of every object in the opposite order. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, reversed(member)] as const);
  return Object.fromEntries(entries.reverse());
}

describe('canonicalJson()', () => {
  test('writes the example of RFC 8785 §3.2.2 as that page does', () => {
    const value = {
      numbers: JSON.parse('[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001]'),
      string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],' +
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  test('sorts keys by UTF-16 code units, as RFC 8785 §3.2.3 does', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      '\u00f6': 'Latin Small Letter O With Diaeresis',
    };
    expect(Object.values(JSON.parse(canonicalJson(value)))).toEqual([
      'One', // integer-like keys come first in any engine; the text is compared below
      'Carriage Return',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
    expect(canonicalJson({ '10': 1, '9': 2, '\r': 3 })).toBe('{"\\r":3,"10":1,"9":2}');
  });

  test.each([
    [-0, '0'],
    [1e21, '1e+21'],
    [1e-7, '1e-7'],
    [5e-324, '5e-324'],
    [Number.MAX_VALUE, '1.7976931348623157e+308'],
    [2 ** 53, '9007199254740992'],
    ['\u2028\u007f', '"\u2028\u007f"'],
    ['\b\t\n\f\r\u001f', '"\\b\\t\\n\\f\\r\\u001f"'],
    [[], '[]'],
    [{}, '{}'],
  ] as const)('writes %j as %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  test('treats "__proto__" as an ordinary key', () => {
    expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"a":1}}'))).toBe(
      '{"__proto__":{"a":1},"b":1}',
    );
  });

  test.each([
    ['NaN', Number.NaN],
    ['an infinity', [Number.POSITIVE_INFINITY]],
    ['undefined', { a: undefined }],
    ['a hole in a list', Array(1)],
    ['a function', () => 1],
    ['a bigint', 1n],
    ['a lone surrogate', 'a\ud800'],
    ['a lone surrogate in a key', { '\udc00': 1 }],
  ])('throws on %s, since that is not JSON', (_, value) => {
    expect(() => canonicalJson(value as JsonValue)).toThrow(TypeError);
  });

  test('writes the deepest allowed nesting and throws one level further', () => {
    expect(canonicalJson(nested(MAX_CANONICAL_DEPTH))).toHaveLength(2 * MAX_CANONICAL_DEPTH + 1);
    expect(() => canonicalJson(nested(MAX_CANONICAL_DEPTH + 1))).toThrow('levels of nesting');
  });

  test('reads back as the value it was written from', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: hostileUnit }), (value) => {
        fc.pre(JSON.stringify(value).isWellFormed() && !JSON.stringify(value).includes('\\ud'));
        expect(JSON.parse(canonicalJson(value as JsonValue))).toEqual(
          JSON.parse(JSON.stringify(value)),
        );
      }),
    );
  });

  test('does not depend on the order of members', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(reversed(value) as JsonValue)).toBe(canonicalJson(value as JsonValue));
      }),
    );
  });
});
