import { describe, expect, test } from 'vitest';
import { fuseRanks } from '../../../src/core/memory/fuse-ranks.ts';

describe('fuseRanks()', () => {
  test('puts first what several lists have, and then what stands high in one', () => {
    const words = ['a', 'b', 'c'];
    const vectors = ['d', 'c', 'e'];
    expect(fuseRanks([words, vectors], 10)).toEqual(['c', 'a', 'd', 'b', 'e']);
  });

  test('keeps the order of a single list, and each entry once', () => {
    expect(fuseRanks([['b', 'a', 'b'], []], 10)).toEqual(['b', 'a']);
    expect(fuseRanks([], 10)).toEqual([]);
  });

  test('gives no more than were asked for', () => {
    expect(fuseRanks([['a', 'b', 'c']], 2)).toEqual(['a', 'b']);
    expect(fuseRanks([['a']], 0)).toEqual([]);
  });
});
