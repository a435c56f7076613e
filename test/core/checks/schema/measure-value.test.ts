import { describe, expect, test } from 'vitest';
import {
  findValueProblem,
  MAX_KEY_LENGTH,
} from '../../../../src/core/checks/schema/measure-value.ts';

const LIMITS = { maxBytes: 1_000, maxNodes: 20, maxDepth: 4 };
const find = (value: unknown) => findValueProblem(value, LIMITS);

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = { a: value };
  return value;
}

describe('findValueProblem()', () => {
  test.each([[null], [true], [0], ['text'], [[]], [{}], [{ a: [1, { b: null }] }]])(
    'finds nothing wrong with %j',
    (value) => {
      expect(find(value)).toBeUndefined();
    },
  );

  test.each([
    [undefined],
    [Number.NaN],
    [Number.NEGATIVE_INFINITY],
    [1n],
    [Symbol('a')],
    [() => 1],
    [new Date(0)],
    [new Map()],
    [Array(2)],
    [{ a: undefined }],
    ['\udc00'],
    [{ '\ud800': 1 }],
  ])('finds that %s is not JSON', (value) => {
    expect(find(value)).toBe('not_json');
  });

  test.each(['__proto__', 'constructor', 'prototype'])('refuses the key %s at any depth', (key) => {
    expect(find(JSON.parse(`{"a":[{"${key}":1}]}`))).toBe('reserved_key');
  });

  test('accepts each bound, and nothing beyond it', () => {
    expect(find(nested(4))).toBeUndefined();
    expect(find(nested(5))).toBe('too_deep');
    expect(find(Array(19).fill(0))).toBeUndefined();
    expect(find(Array(20).fill(0))).toBe('too_many_values');
    expect(find('a'.repeat(998))).toBeUndefined();
    expect(find('a'.repeat(999))).toBe('too_large');
    expect(find('é'.repeat(499))).toBeUndefined();
    expect(find('é'.repeat(500))).toBe('too_large');
    expect(find({ ['a'.repeat(MAX_KEY_LENGTH)]: 1 })).toBeUndefined();
    expect(find({ ['a'.repeat(MAX_KEY_LENGTH + 1)]: 1 })).toBe('key_too_long');
  });

  test('counts at least the bytes of the shortest JSON text, and little more', () => {
    const value = { name: 'é', list: [1, -2.5, true, null, { a: 'b' }] };
    const bytes = new TextEncoder().encode(JSON.stringify(value)).length;
    expect(findValueProblem(value, { ...LIMITS, maxBytes: bytes - 1 })).toBe('too_large');
    expect(findValueProblem(value, { ...LIMITS, maxBytes: bytes + 3 })).toBeUndefined();
  });

  test('ends on a value that contains itself', () => {
    const loop: unknown[] = [];
    loop.push(loop);
    expect(find(loop)).toBe('too_deep');
  });
});
