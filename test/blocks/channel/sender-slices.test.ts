import { describe, expect, it } from 'vitest';
import { SenderSlices } from '../../../src/blocks/channel/sender-slices.ts';

const spend = (tokens: number, costMicroUsd: number) => ({ tokens, costMicroUsd });

describe('SenderSlices', () => {
  it('holds for each turn what one may spend, as long as there is so much', () => {
    const slices = new SenderSlices();
    const terms = { left: spend(300, 30), most: spend(100, 10) };
    for (const seq of [1, 2, 3]) expect(slices.hold(seq, 'a', terms)).toEqual(terms.most);
    expect(slices.hold(4, 'a', terms)).toBeUndefined();
    expect(slices.hold(5, 'b', terms)).toEqual(terms.most);
    slices.release(2);
    expect(slices.hold(4, 'a', terms)).toEqual(terms.most);
  });

  it('gives the only turn all that is left', () => {
    const slices = new SenderSlices();
    expect(slices.hold(1, 'a', { left: spend(7, 0), most: spend(100, 10) })).toEqual(spend(7, 0));
  });

  it('lets a turn wait that would fail of what others hold of the tokens or of the money', () => {
    const slices = new SenderSlices();
    slices.hold(1, 'a', { left: spend(1_000, 10), most: spend(100, 10) });
    expect(slices.hold(2, 'a', { left: spend(1_000, 10), most: spend(100, 10) })).toBeUndefined();
    expect(slices.hold(2, 'a', { left: spend(150, 100), most: spend(100, 10) })).toBeUndefined();
    slices.release(1);
    expect(slices.hold(2, 'a', { left: spend(40, 9), most: spend(100, 10) })).toEqual(spend(40, 9));
  });

  it('counts a turn that is asked about again once', () => {
    const slices = new SenderSlices();
    const terms = { left: spend(60, 50), most: spend(60, 50) };
    for (const _ of [1, 2]) expect(slices.hold(1, 'a', terms)).toEqual(terms.most);
  });

  it('asks for no money where no budget has any', () => {
    const slices = new SenderSlices();
    const terms = { left: spend(1_000, 0), most: spend(60, 50) };
    for (const seq of [1, 2]) expect(slices.hold(seq, 'a', terms)).toEqual(spend(60, 0));
  });
});
