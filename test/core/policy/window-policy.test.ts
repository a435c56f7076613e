import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_TURN_LIMITS } from '../../../src/core/policy/turn-limits.ts';
import {
  lastToShorten,
  type TurnSize,
  windowWithin,
} from '../../../src/core/policy/window-policy.ts';

const turns = (...messages: number[]): TurnSize[] =>
  messages.map((count, index) => ({ turn: index + 1, messages: count, characters: count * 10 }));
const WINDOW = { messages: 10, characters: 1_000 };

describe('lastToShorten()', () => {
  test('shortens nothing while all fits, and from the first message too many on', () => {
    expect(lastToShorten(turns(5, 5), WINDOW)).toBeUndefined();
    expect(lastToShorten(turns(5, 6), WINDOW)).toBe(1);
    expect(lastToShorten([], WINDOW)).toBeUndefined();
  });

  test('counts characters as well', () => {
    const long = { turn: 1, messages: 1, characters: 1_000 };
    expect(lastToShorten([long], WINDOW)).toBeUndefined();
    expect(lastToShorten([long, ...turns(0, 1).slice(1)], WINDOW)).toBe(1);
  });

  test('leaves the newer half of the window, so that the next turns have room', () => {
    expect(lastToShorten(turns(2, 2, 2, 2, 2, 2), WINDOW)).toBe(4);
  });

  test('never shortens the newest turn, however long', () => {
    expect(lastToShorten(turns(50), WINDOW)).toBeUndefined();
    expect(lastToShorten(turns(1, 50), WINDOW)).toBe(1);
  });

  test('leaves what fits into the window, or the newest turn alone', () => {
    const size = fc.record({
      messages: fc.integer({ min: 1, max: 20 }),
      characters: fc.integer({ min: 1, max: 2_000 }),
    });
    fc.assert(
      fc.property(fc.array(size, { maxLength: 30 }), (sizes) => {
        const all = sizes.map((one, index) => ({ turn: index + 1, ...one }));
        const through = lastToShorten(all, WINDOW) ?? 0;
        const left = all.slice(through);
        const sum = (key: 'messages' | 'characters') => left.reduce((n, one) => n + one[key], 0);
        const fits = sum('messages') <= WINDOW.messages && sum('characters') <= WINDOW.characters;
        expect(fits || left.length === 1).toBe(true);
      }),
    );
  });
});

describe('windowWithin()', () => {
  const limits = (maxTokens: number) => ({ ...DEFAULT_TURN_LIMITS, maxTokens });

  test('leaves half of the tokens of a turn, should each character be one', () => {
    expect(windowWithin(WINDOW, limits(2_000))).toMatchObject(WINDOW);
    expect(windowWithin({ messages: 9, characters: 5_000 }, limits(8_000))).toMatchObject({
      ...{ messages: 9, characters: 4_000 },
    });
  });

  test('leaves what stands for older turns less than that, so that both fit into a turn', () => {
    expect(windowWithin(WINDOW, limits(8_000)).shortened).toBe(2_000);
    expect(windowWithin(WINDOW, limits(1)).shortened).toBe(512);
  });

  test('is never less than the least that a policy can say', () => {
    expect(windowWithin({ messages: 9, characters: 5_000 }, limits(1)).characters).toBe(1_024);
  });
});
