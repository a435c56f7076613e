import { describe, expect, it } from 'vitest';
import { NewestBytes } from '../../../src/core/primitives/newest-bytes.ts';

describe('NewestBytes', () => {
  it('has room for so many bytes, and says what was the oldest beyond them', () => {
    const kept = new NewestBytes(10);
    expect(kept.add('a', 4)).toEqual([]);
    expect(kept.add('b', 6)).toEqual([]);
    expect(kept.add('c', 1)).toEqual(['a']);
    expect(kept.add('d', 3)).toEqual([]);
    expect(kept.add('e', 10)).toEqual(['b', 'c', 'd']);
  });

  it('keeps the newest, however large, and counts nothing twice', () => {
    const kept = new NewestBytes(10);
    expect(kept.add('a', 11)).toEqual([]);
    expect(kept.add('a', 4)).toEqual([]);
    expect(kept.add('b', 6)).toEqual([]);
    expect(kept.add('c', 11)).toEqual(['a', 'b']);
    kept.delete('c');
    kept.delete('never there');
    expect(kept.add('d', 10)).toEqual([]);
    expect(kept.add('e', 1)).toEqual(['d']);
  });
});
