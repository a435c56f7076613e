import { describe, expect, test } from 'vitest';
import { isJsonObject, toPointer } from '../../../src/core/primitives/json.ts';

describe('isJsonObject()', () => {
  test.each([
    [{}, true],
    [{ a: 1 }, true],
    [[], false],
    [null, false],
    ['a', false],
    [0, false],
  ])('answers for %j: %s', (value, answer) => {
    expect(isJsonObject(value as never)).toBe(answer);
  });

  test('answers no for a member that is not there', () => {
    expect(isJsonObject(undefined)).toBe(false);
  });
});

describe('toPointer()', () => {
  test.each([
    ['', 'a', '/a'],
    ['/a', 0, '/a/0'],
    ['', '', '/'],
    ['/x', 'a/b', '/x/a~1b'],
    ['/x', '~1', '/x/~01'],
  ] as const)('extends %j by %j to %j', (parent, step, pointer) => {
    expect(toPointer(parent, step)).toBe(pointer);
  });
});
