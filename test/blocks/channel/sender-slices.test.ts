import { describe, expect, test } from 'vitest';
import { SenderSlices } from '../../../src/blocks/channel/sender-slices.ts';

const MOST = { tokens: 60, costMicroUsd: 50 };
const spend = (tokens: number, costMicroUsd: number) => ({ tokens, costMicroUsd });

describe('SenderSlices.hold()', () => {
  test('gives a turn what others of its principal do not hold, and no more than one may spend', () => {
    const slices = new SenderSlices();
    const left = spend(100, 120);
    expect(slices.hold(1, 'ann', { left, most: MOST })).toEqual(MOST);
    expect(slices.hold(2, 'ann', { left, most: MOST })).toEqual(spend(40, 50));
    expect(slices.hold(3, 'ann', { left, most: MOST })).toBeUndefined();
    expect(slices.hold(4, 'bob', { left, most: MOST })).toEqual(MOST);
    slices.release(1);
    expect(slices.hold(3, 'ann', { left, most: MOST })).toEqual(spend(60, 50));
  });

  test('counts a turn that is asked about again once', () => {
    const slices = new SenderSlices();
    const left = spend(60, 50);
    expect(slices.hold(1, 'ann', { left, most: MOST })).toEqual(MOST);
    expect(slices.hold(1, 'ann', { left, most: MOST })).toEqual(MOST);
  });

  test('begins none without the money that others hold, but one where no budget has any', () => {
    const slices = new SenderSlices();
    const left = spend(1_000, 50);
    expect(slices.hold(1, 'ann', { left, most: MOST })).toEqual(MOST);
    expect(slices.hold(2, 'ann', { left, most: MOST })).toBeUndefined();
    const free = spend(1_000, 0);
    expect(slices.hold(3, 'bob', { left: free, most: MOST })).toEqual(spend(60, 0));
    expect(slices.hold(4, 'bob', { left: free, most: MOST })).toEqual(spend(60, 0));
  });
});
