import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isUsablePattern,
  MAX_PATTERN_DEPTH,
  MAX_PATTERN_NODES,
  matchesPattern,
} from '../../../src/core/blocks/message-pattern.ts';
import type { JsonValue } from '../../../src/core/primitives/json.ts';

const ANY = { $any: true };
const json = fc.jsonValue() as fc.Arbitrary<JsonValue>;

test.each<[JsonValue, JsonValue, boolean]>([
  [1, 1, true],
  [1, '1', false],
  ['*', 'anything', false],
  [null, null, true],
  [null, {}, false],
  [ANY, null, true],
  [ANY, { a: [1] }, true],
  [{ type: 'exit' }, { type: 'exit', reason: 'normal' }, true],
  [{ type: 'exit' }, { reason: 'normal' }, false],
  [{ type: ANY }, { reason: 'normal' }, false],
  [{ a: { b: ANY } }, { a: { b: 1, c: 2 } }, true],
  [{ a: { b: ANY } }, { a: [1] }, false],
  [[1, ANY], [1, 2], true],
  [[1, ANY], [1], false],
  [[1], [1, 2], false],
  [{}, {}, true],
  [{}, [], false],
  [[], {}, false],
  [{ $any: true, a: 1 }, { a: 1 }, false],
  [{ $any: false }, 5, false],
])('%j against %j is %s', (pattern, value, matches) => {
  expect(matchesPattern(pattern, value)).toBe(matches);
});

test('every value matches itself, and any', () => {
  fc.assert(
    fc.property(json, (value) => {
      const hasWildcard = JSON.stringify(value).includes('$any');
      expect(hasWildcard || matchesPattern(value, value)).toBe(true);
      expect(matchesPattern(ANY, value)).toBe(true);
    }),
  );
});

test('what an object inherits is no member of it', () => {
  expect(matchesPattern({ toString: ANY }, {})).toBe(false);
  expect(matchesPattern(JSON.parse('{"__proto__": {"$any": true}}'), {})).toBe(false);
});

test('nothing matches a value that is not there', () => {
  expect(matchesPattern(ANY, undefined)).toBe(false);
});

describe('limits', () => {
  const nested = (depth: number): JsonValue => (depth === 0 ? 1 : [nested(depth - 1)]);
  test('depth', () => {
    expect(isUsablePattern(nested(MAX_PATTERN_DEPTH))).toBe(true);
    expect(isUsablePattern(nested(MAX_PATTERN_DEPTH + 1))).toBe(false);
  });
  test('number of values', () => {
    expect(isUsablePattern(Array(MAX_PATTERN_NODES - 1).fill(0))).toBe(true);
    expect(isUsablePattern(Array(MAX_PATTERN_NODES).fill(0))).toBe(false);
  });
});
