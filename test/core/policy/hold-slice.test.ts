import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isWholeTurn, sliceForTurn, spendSlice } from '../../../src/core/policy/hold-slice.ts';
import { DEFAULT_POLICY, type Policy } from '../../../src/core/policy/policy.ts';
import { reserveSlice, turnsToHold } from '../../../src/core/policy/reserve-slice.ts';
import { settleSlice } from '../../../src/core/policy/settle-slice.ts';
import type { Slice } from '../../../src/core/policy/slice.ts';

const NOON = Date.UTC(2027, 0, 15, 12);
const { limits } = DEFAULT_POLICY;

/** Plentiful, but for what is stated. */
function policyOf(sizes: { calls?: number; slow?: number; tokens?: number } = {}): Policy {
  const rate = (calls: number) => ({ calls, periodMs: 60_000 });
  const plenty = rate(sizes.calls ?? 1_000_000);
  return {
    ...DEFAULT_POLICY,
    rates: {
      ...{ session: plenty, principal: plenty, workspace: plenty },
      routes: {},
      tools: sizes.slow === undefined ? {} : { slow: rate(sizes.slow) },
    },
    budgets: {
      ...DEFAULT_POLICY.budgets,
      workspace: { day: { tokens: sizes.tokens ?? 1_000_000_000, costMicroUsd: 1_000_000_000 } },
    },
  };
}

function hold(policy: Policy, turns: number): Slice {
  const reserved = reserveSlice({}, { policy, now: NOON, cost: 'tokens', turns });
  if (!reserved.ok) throw new Error(reserved.error.reason);
  return reserved.value.slice;
}

describe('turnsToHold()', () => {
  test('is more than one turn only where everything is plentiful', () => {
    const turns = (policy: Policy) => turnsToHold({}, { policy, now: NOON });
    expect(turns(policyOf())).toBe(16);
    expect(turns(DEFAULT_POLICY)).toBe(1);
    expect(turns(policyOf({ calls: 64 * 16 * 2 }))).toBe(2);
    expect(turns(policyOf({ calls: 64 * 16 * 2 - 1 }))).toBe(1);
    expect(turns(policyOf({ slow: 10 }))).toBe(1);
    expect(turns(policyOf({ tokens: 64 * 200_000 * 3 }))).toBe(3);
    expect(turns(policyOf({ tokens: 0 }))).toBe(1);
  });

  test('counts what others have taken', () => {
    const policy = policyOf({ calls: 64 * 16 * 2 });
    const taken = reserveSlice({}, { policy, now: NOON, cost: 'tokens' });
    if (!taken.ok) throw new Error(taken.error.reason);
    expect(turnsToHold(taken.value.reserves, { policy, now: NOON })).toBe(1);
  });
});

describe('a held slice', () => {
  test('gives each turn a whole turn’s worth, and no more', () => {
    const held = hold(policyOf({ slow: 100_000 }), 3);
    expect(held).toMatchObject({ toolCalls: 48, tokens: 600_000, perTool: { slow: 48 } });
    expect(sliceForTurn(held, limits)).toMatchObject({
      toolCalls: 16,
      tokens: 200_000,
      perTool: { slow: 16 },
    });
  });

  test('serves turns until less than a whole turn’s worth is left of any part', () => {
    const held = hold(policyOf({ slow: 100_000 }), 2);
    const isWhole = (used: { tokens?: number; calls?: number; slow?: number }) => {
      const toolCalls = { slow: used.slow ?? 0, other: used.calls ?? 0 };
      const spent = { tokens: used.tokens ?? 0, costMicroUsd: 0, toolCalls };
      return isWholeTurn(spendSlice(held, spent), held, limits);
    };
    expect(isWhole({})).toBe(true);
    expect(isWhole({ tokens: 200_000 })).toBe(true);
    expect(isWhole({ tokens: 200_001 })).toBe(false);
    expect(isWhole({ calls: 16 })).toBe(true);
    expect(isWhole({ calls: 17 })).toBe(false);
    expect(isWhole({ slow: 17 })).toBe(false);
  });

  test('nor when it is the money, or the calls of one tool, that are nearly spent', () => {
    const policy = policyOf({ slow: 24 });
    const reserved = reserveSlice({}, { policy, now: NOON, cost: 'money', turns: 2 });
    if (!reserved.ok) throw new Error(reserved.error.reason);
    const held = reserved.value.slice;
    const isWhole = (costMicroUsd: number, slow: number) =>
      isWholeTurn(spendSlice(held, { tokens: 0, costMicroUsd, toolCalls: { slow } }), held, limits);
    expect(held).toMatchObject({
      costMicroUsd: 2 * limits.maxCostMicroUsd,
      toolCalls: 2 * limits.maxToolCalls,
      perTool: { slow: 24 },
    });
    expect(isWhole(limits.maxCostMicroUsd, 24 - limits.maxToolCalls)).toBe(true);
    expect(isWhole(limits.maxCostMicroUsd + 1, 0)).toBe(false);
    expect(isWhole(0, 24 - limits.maxToolCalls + 1)).toBe(false);
  });

  test('of one turn serves no other, once anything of it was used', () => {
    const held = hold(policyOf(), 1);
    const used = { tokens: 1, costMicroUsd: 0, toolCalls: {} };
    expect(isWholeTurn(held, held, limits)).toBe(true);
    expect(isWholeTurn(spendSlice(held, used), held, limits)).toBe(false);
  });

  test('never lets its turns spend more than was reserved, and settles to what they used', () => {
    const turn = fc.record({
      tokens: fc.integer({ min: 0, max: limits.maxTokens }),
      slow: fc.integer({ min: 0, max: 8 }),
      other: fc.integer({ min: 0, max: 8 }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 16 }),
        fc.array(turn, { maxLength: 40 }),
        (turns, all) => {
          const policy = policyOf({ slow: 100_000 });
          const wish = { policy, now: NOON, cost: 'tokens', turns } as const;
          const reserved = reserveSlice({}, wish);
          if (!reserved.ok) throw new Error(reserved.error.reason);
          const { slice: first, reserves, reservation } = reserved.value;
          let held = first;
          const used = { tokens: 0, costMicroUsd: 0, toolCalls: { slow: 0, other: 0 } };
          for (const { tokens, slow, other } of all) {
            if (!isWholeTurn(held, first, limits)) break;
            held = spendSlice(held, { tokens, costMicroUsd: 0, toolCalls: { slow, other } });
            used.tokens += tokens;
            used.toolCalls.slow += slow;
            used.toolCalls.other += other;
          }
          expect(held.tokens).toBeGreaterThanOrEqual(0);
          expect(held.toolCalls).toBeGreaterThanOrEqual(0);
          expect(held.perTool.slow).toBeGreaterThanOrEqual(0);
          const settled = settleSlice(reserves, { policy, now: NOON }, { held: reservation, used });
          expect(settled.ledgers['workspace/day']?.tokens).toBe(used.tokens);
        },
      ),
    );
  });
});
