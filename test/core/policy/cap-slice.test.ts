import { expect, test } from 'vitest';
import { capSlice } from '../../../src/core/policy/cap-slice.ts';

const SLICE = { toolCalls: 4, tokens: 100, costMicroUsd: 50, perTool: { a: 1 } };
const NOTHING = { tokens: 0, costMicroUsd: 0 };

test('a slice without a ceiling is as it was', () => {
  expect(capSlice(SLICE, undefined, NOTHING)).toBe(SLICE);
});

test('tokens and money are bounded by what is left below the ceiling, and nothing else is', () => {
  const ceiling = { tokens: 80, costMicroUsd: 60 };
  expect(capSlice(SLICE, ceiling, NOTHING)).toEqual({ ...SLICE, tokens: 80 });
  expect(capSlice(SLICE, ceiling, { tokens: 30, costMicroUsd: 20 })).toEqual({
    ...SLICE,
    tokens: 50,
    costMicroUsd: 40,
  });
});

test('what is above the ceiling already leaves nothing, never less', () => {
  const spent = { tokens: 90, costMicroUsd: 70 };
  const capped = capSlice(SLICE, { tokens: 80, costMicroUsd: 60 }, spent);
  expect([capped.tokens, capped.costMicroUsd]).toEqual([0, 0]);
});
