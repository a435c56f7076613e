import { describe, expect, test } from 'vitest';
import { readShape } from '../../../src/core/errors/pointer-errors.ts';
import { listBudgets } from '../../../src/core/policy/budget-ledgers.ts';
import {
  type Budgets,
  budgetsSchema,
  DEFAULT_BUDGETS,
  MAX_BUDGET,
} from '../../../src/core/policy/budgets.ts';
import { DEFAULT_POLICY, type Policy } from '../../../src/core/policy/policy.ts';
import { renewSlice, reserveSlice } from '../../../src/core/policy/reserve-slice.ts';
import { settleSlice } from '../../../src/core/policy/settle-slice.ts';

const NOON = Date.UTC(2027, 0, 15, 12, 30);
const HOUR_MS = 3_600_000;
const PLENTY = { tokens: MAX_BUDGET, costMicroUsd: MAX_BUDGET };

const errorsOf = (budgets: object) => {
  const read = readShape(budgetsSchema, budgets);
  return read.ok ? [] : read.error.map(({ pointer }) => pointer);
};

function policyOf(budgets: Partial<Budgets>): Policy {
  const workspace = { day: PLENTY };
  return { ...DEFAULT_POLICY, budgets: { ...DEFAULT_BUDGETS, workspace, ...budgets } };
}

describe('budgetsSchema', () => {
  test('bounds the day of the workspace, whatever is forgotten', () => {
    const hour = { tokens: 1, costMicroUsd: 0 };
    expect(readShape(budgetsSchema, {})).toEqual({ ok: true, value: DEFAULT_BUDGETS });
    expect(readShape(budgetsSchema, { workspace: { hour } })).toMatchObject({
      value: { workspace: { hour, day: DEFAULT_BUDGETS.workspace.day } },
    });
  });

  test('takes whole amounts within bounds, both of them', () => {
    const session = (total: object) => errorsOf({ session: { total } });
    expect(session({ tokens: 0, costMicroUsd: MAX_BUDGET })).toEqual([]);
    expect(session({ tokens: -1, costMicroUsd: MAX_BUDGET + 1 })).toEqual([
      '/session/total/costMicroUsd',
      '/session/total/tokens',
    ]);
    expect(session({ tokens: 0.5, costMicroUsd: 0 })).toEqual(['/session/total/tokens']);
    expect(session({ tokens: 1 })).toEqual(['/session/total/costMicroUsd']);
  });

  test('knows no other holder, period or way with prices', () => {
    expect(
      errorsOf({ turn: {}, session: { week: PLENTY }, unknownPrice: 'free' }).toSorted(),
    ).toEqual(['/session/week', '/turn', '/unknownPrice']);
  });
});

describe('a turn that draws on several budgets', () => {
  const reserve = (policy: Policy, now = NOON, stored = {}) =>
    reserveSlice(stored, { policy, now, cost: 'money' });

  test('gets what the scarcest has, and is charged to all', () => {
    const policy = policyOf({
      principal: { hour: { ...PLENTY, tokens: 500 } },
      session: { total: { ...PLENTY, costMicroUsd: 70 } },
    });
    const reserved = reserve(policy);
    if (!reserved.ok) throw new Error(reserved.error.reason);
    const { slice, reserves } = reserved.value;
    expect(slice).toMatchObject({
      tokens: 500,
      costMicroUsd: 70,
      shortOf: { reason: 'token_budget', budget: 'principal/hour', retryAfterMs: HOUR_MS / 2 },
    });
    const charged = listBudgets(policy.budgets).map(({ name }) => reserves.ledgers[name]);
    expect(charged).toHaveLength(3);
    for (const ledger of charged) expect(ledger).toMatchObject({ tokens: 500, costMicroUsd: 70 });
  });

  test('is refused for as long as any of them is used up', () => {
    const none = { tokens: 0, costMicroUsd: 0 };
    const retryOf = (budgets: Partial<Budgets>) => {
      const reserved = reserve(policyOf(budgets));
      return reserved.ok ? reserved : reserved.error;
    };
    expect(retryOf({ session: { hour: none } })).toEqual({
      reason: 'token_budget',
      budget: 'session/hour',
      retryAfterMs: HOUR_MS / 2,
    });
    expect(retryOf({ session: { hour: none }, principal: { month: none } })).toEqual({
      reason: 'token_budget',
      budget: 'principal/month',
      retryAfterMs: Date.UTC(2027, 1) - NOON,
    });
    const { retryAfterMs, ...forever } = {
      retryAfterMs: 0,
      ...retryOf({ session: { total: none, hour: none } }),
    };
    expect(forever).toEqual({ reason: 'token_budget', budget: 'session/total' });
  });

  test('may begin at the very moment that it is told, and not before', () => {
    const policy = policyOf({ session: { hour: { tokens: 200_000, costMicroUsd: MAX_BUDGET } } });
    const first = reserve(policy);
    if (!first.ok) throw new Error(first.error.reason);
    const stored = first.value.reserves;
    expect(reserve(policy, NOON + HOUR_MS / 2 - 1, stored).ok).toBe(false);
    expect(reserve(policy, NOON + HOUR_MS / 2, stored).ok).toBe(true);
  });

  test('gives back to those of its own periods only, also when policy has dropped one', () => {
    const before = policyOf({ session: { hour: PLENTY, total: PLENTY } });
    const reserved = reserve(before);
    if (!reserved.ok) throw new Error(reserved.error.reason);
    const { reserves, reservation: held } = reserved.value;
    const used = { tokens: 10, costMicroUsd: 2, toolCalls: {} };
    const by = { policy: policyOf({ session: { hour: PLENTY } }), now: NOON + HOUR_MS };
    const { ledgers } = settleSlice(reserves, by, { held, used });
    expect(ledgers['session/hour']).toMatchObject({ tokens: 0, beginsAt: NOON + HOUR_MS / 2 });
    expect(ledgers['session/total']).toMatchObject({ tokens: 10, costMicroUsd: 2 });
    expect(ledgers['workspace/day']).toMatchObject({ tokens: 10, costMicroUsd: 2 });
  });

  test('takes no more from budgets that came with a later policy or period', () => {
    const policy = policyOf({ session: { hour: { ...PLENTY, tokens: 100 } } });
    const reserved = reserve(policy);
    if (!reserved.ok) throw new Error(reserved.error.reason);
    const { reserves, reservation } = reserved.value;
    const renewed = (changed: Policy, now: number) =>
      renewSlice(reserves, { policy: changed, now, cost: 'money' }, reservation).slice.tokens;
    expect(renewed(policyOf({ session: { hour: { ...PLENTY, tokens: 300 } } }), NOON)).toBe(200);
    expect(renewed(policy, NOON + HOUR_MS)).toBe(0);
    expect(renewed(policyOf({ session: { hour: PLENTY, day: PLENTY } }), NOON)).toBe(0);
  });

  test('brings nothing back to a clock that goes back', () => {
    const policy = policyOf({ session: { hour: { ...PLENTY, tokens: 200_000 } } });
    const first = reserve(policy);
    if (!first.ok) throw new Error(first.error.reason);
    expect(reserve(policy, NOON - HOUR_MS, first.value.reserves)).toMatchObject({
      ok: false,
      error: { budget: 'session/hour', retryAfterMs: 1.5 * HOUR_MS },
    });
  });
});
