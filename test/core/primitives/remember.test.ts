import { expect, test } from 'vitest';
import { remember } from '../../../src/core/primitives/remember.ts';

test('as many are remembered as asked for, and the one that was put there longest ago goes first', () => {
  const memory = new Map<string, number>();
  for (const [at, key] of ['a', 'b', 'a', 'c'].entries()) {
    expect(remember(memory, [key, at], 2)).toBe(at);
  }
  expect([...memory]).toEqual([
    ['a', 2],
    ['c', 3],
  ]);
});
