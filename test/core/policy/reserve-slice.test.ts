import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { callsIn } from '../../../src/core/policy/bucket.ts';
import type { Budgets } from '../../../src/core/policy/budgets.ts';
import { DEFAULT_POLICY, type Policy } from '../../../src/core/policy/policy.ts';
import { renewSlice, reserveSlice, type TurnCost } from '../../../src/core/policy/reserve-slice.ts';
import type { Reservation, Reserves, StoredReserves } from '../../../src/core/policy/reserves.ts';
import { settleSlice } from '../../../src/core/policy/settle-slice.ts';

const NOON = Date.UTC(2027, 0, 15, 12);
const DAY_MS = 86_400_000;

interface Sizes {
  readonly session?: number;
  readonly principal?: number;
  readonly workspace?: number;
  readonly tools?: Readonly<Record<string, number>>;
  readonly tokens?: number;
  readonly costMicroUsd?: number;
  readonly budgets?: Partial<Budgets>;
}

/** A policy of small numbers; everything else is plentiful. */
function policyOf(sizes: Sizes = {}): Policy {
  const rate = (calls = 1_000) => ({ calls, periodMs: 60_000 });
  return {
    ...DEFAULT_POLICY,
    rates: {
      session: rate(sizes.session),
      principal: rate(sizes.principal),
      workspace: rate(sizes.workspace),
      routes: {},
      tools: Object.fromEntries(
        Object.entries(sizes.tools ?? {}).map(([tool, calls]) => [tool, rate(calls)]),
      ),
    },
    budgets: {
      ...DEFAULT_POLICY.budgets,
      workspace: {
        day: {
          tokens: sizes.tokens ?? 10_000_000,
          costMicroUsd: sizes.costMicroUsd ?? 100_000_000,
        },
      },
      ...sizes.budgets,
    },
  };
}

function reserve(policy: Policy, stored: StoredReserves = {}, cost: TurnCost = 'money') {
  const reserved = reserveSlice(stored, { policy, now: NOON, cost });
  if (!reserved.ok) throw new Error(`refused: ${reserved.error.reason}`);
  return reserved.value;
}

describe('reserveSlice()', () => {
  test('reserves a whole turn from reserves that were never touched', () => {
    const { slice, reserves } = reserve(policyOf({ tools: { slow: 2 } }));
    expect(slice).toMatchObject({
      toolCalls: 16,
      tokens: 200_000,
      costMicroUsd: 1_000_000,
      perTool: { slow: 2 },
    });
    expect(slice).not.toHaveProperty('shortOf');
    expect(callsIn(reserves.workspace)).toBe(984);
    expect(reserves.ledgers['workspace/day']).toMatchObject({
      tokens: 200_000,
      costMicroUsd: 1_000_000,
    });
  });

  test('begins with what there is, and says what was scarcest', () => {
    const { slice } = reserve(policyOf({ session: 10, workspace: 5 }));
    expect(slice).toMatchObject({
      toolCalls: 5,
      shortOf: { reason: 'workspace_rate', retryAfterMs: 12_000 },
    });
  });

  test.each([
    ['session_rate', { session: 1 }, 60_000],
    ['principal_rate', { principal: 1 }, 60_000],
    ['workspace_rate', { workspace: 2 }, 30_000],
    ['token_budget', { tokens: 200_000 }, DAY_MS / 2],
    ['money_budget', { costMicroUsd: 1_000_000 }, DAY_MS / 2],
  ] as const)('refuses when nothing is left: %s', (reason, sizes, retryAfterMs) => {
    const policy = policyOf(sizes);
    const { reserves } = reserve(policy);
    expect(reserveSlice(reserves, { policy, now: NOON, cost: 'money' })).toEqual({
      ok: false,
      error: {
        reason,
        retryAfterMs,
        ...(reason.endsWith('budget') && { budget: 'workspace/day' }),
      },
    });
    const later = { policy, now: NOON + retryAfterMs, cost: 'money' } as const;
    expect(reserveSlice(reserves, later).ok).toBe(true);
    expect(reserveSlice(reserves, { ...later, now: later.now - 1 }).ok).toBe(false);
  });

  test('a budget of zero allows nothing that costs anything', () => {
    const wish = { policy: policyOf({ costMicroUsd: 0, tokens: 0 }), now: NOON };
    expect(reserveSlice({}, { ...wish, cost: 'money' }).ok).toBe(false);
    expect(reserveSlice({}, { ...wish, cost: 'tokens' })).toMatchObject({
      error: { reason: 'token_budget' },
    });
    expect(reserveSlice({}, { ...wish, cost: 'nothing' })).toMatchObject({
      ok: true,
      value: { slice: { tokens: 0, costMicroUsd: 0, toolCalls: 16 } },
    });
  });

  test('a free model sets no money aside', () => {
    const { slice } = reserve(policyOf({ costMicroUsd: 0 }), {}, 'tokens');
    expect(slice).toMatchObject({ tokens: 200_000, costMicroUsd: 0 });
    expect(slice).not.toHaveProperty('shortOf');
  });

  test('a tool that ran out refuses nobody, and says when it is there again', () => {
    const policy = policyOf({ tools: { slow: 2 } });
    const { slice } = reserve(policy, reserve(policy).reserves);
    expect(slice.perTool).toEqual({ slow: 0 });
    expect(slice.toolRetryAfterMs).toEqual({ slow: 30_000 });
    expect(slice).not.toHaveProperty('shortOf');
  });

  test('a policy without tool calls is no shortage', () => {
    const policy = policyOf();
    const none = { ...policy, limits: { ...policy.limits, maxToolCalls: 0 } };
    expect(reserve(none).slice.toolCalls).toBe(0);
  });

  test('a tool called like a member of every object has no calls of its own', () => {
    const policy = policyOf({ tools: { constructor: 3 } });
    expect(reserve(policy, { tools: {} }).slice.perTool).toEqual({ constructor: 3 });
  });
});

describe('renewSlice()', () => {
  test('adds up to a whole turn, and nothing to a turn that has it', () => {
    const policy = policyOf({ session: 10 });
    const first = reserve(policy);
    const wish = { policy, now: NOON + 60_000, cost: 'money' } as const;
    const more = renewSlice(first.reserves, wish, first.reservation);
    expect(more.slice).toMatchObject({ toolCalls: 6, tokens: 0, costMicroUsd: 0 });
    expect(more.reservation.toolCalls).toBe(16);
    expect(renewSlice(more.reserves, wish, more.reservation).slice.toolCalls).toBe(0);
  });

  test('takes no money from another day than the turn has begun on', () => {
    const policy = policyOf({ tokens: 1_000 });
    const first = reserve(policy);
    const wish = { policy, now: NOON + DAY_MS, cost: 'money' } as const;
    expect(renewSlice(first.reserves, wish, first.reservation).slice.tokens).toBe(0);
  });
});

describe('settleSlice()', () => {
  const policy = policyOf({ tools: { slow: 4 } });
  const none = { tokens: 0, costMicroUsd: 0, toolCalls: {} };

  test('gives everything back of a turn that used nothing', () => {
    const { reserves, reservation } = reserve(policy);
    const after = settleSlice(reserves, { policy, now: NOON }, { held: reservation, used: none });
    expect(levels(after)).toEqual(levels(settleSlice({}, { policy, now: NOON }, noTurn)));
  });

  test('keeps what was used', () => {
    const { reserves, reservation } = reserve(policy);
    const used = { tokens: 500, costMicroUsd: 70, toolCalls: { slow: 1, other: 2 } };
    const after = settleSlice(reserves, { policy, now: NOON }, { held: reservation, used });
    expect(levels(after)).toEqual({
      session: 997,
      principal: 997,
      workspace: 997,
      tools: { slow: 3 },
      tokens: 500,
      costMicroUsd: 70,
    });
  });

  test('charges what was overspent, and never gives calls for it', () => {
    const { reserves, reservation } = reserve(policy);
    const used = { tokens: 300_000, costMicroUsd: 2_000_000, toolCalls: { slow: 99 } };
    const after = settleSlice(reserves, { policy, now: NOON }, { held: reservation, used });
    expect(levels(after)).toMatchObject({ tokens: 300_000, costMicroUsd: 2_000_000, session: 984 });
    expect(levels(after).tools).toEqual({ slow: 0 });
  });

  test('gives nothing back to another day', () => {
    const { reserves, reservation } = reserve(policy);
    const tomorrow = { policy, now: NOON + DAY_MS };
    const after = settleSlice(reserves, tomorrow, { held: reservation, used: none });
    expect(after.ledgers['workspace/day']).toMatchObject({ tokens: 0, costMicroUsd: 0 });
  });

  test('all turns together never hold more than the policy allows, and give all of it back', () => {
    const moves = fc.array(
      fc.oneof(
        fc.record({ kind: fc.constant('open' as const) }),
        fc.record({ kind: fc.constant('renew' as const), turn: fc.nat({ max: 9 }) }),
        fc.record({
          kind: fc.constant('settle' as const),
          turn: fc.nat({ max: 9 }),
          share: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
      ),
      { maxLength: 40 },
    );
    const sizes = fc.record({
      session: fc.integer({ min: 1, max: 40 }),
      principal: fc.integer({ min: 1, max: 40 }),
      workspace: fc.integer({ min: 1, max: 40 }),
      tools: fc.record({ slow: fc.integer({ min: 1, max: 10 }) }),
      tokens: fc.integer({ min: 0, max: 1_000_000 }),
      costMicroUsd: fc.integer({ min: 0, max: 5_000_000 }),
    });
    fc.assert(
      fc.property(sizes, moves, (some, steps) => {
        const small = policyOf(some);
        const wish = { policy: small, now: NOON, cost: 'money' } as const;
        let reserves: StoredReserves = {};
        const open: Reservation[] = [];
        const spent = { toolCalls: 0, slow: 0, tokens: 0, costMicroUsd: 0 };
        for (const step of steps) {
          if (step.kind === 'open') {
            const got = reserveSlice(reserves, wish);
            if (!got.ok) continue;
            open.push(got.value.reservation);
            reserves = got.value.reserves;
          } else if (step.kind === 'renew') {
            const held = open[step.turn];
            if (held === undefined) continue;
            const more = renewSlice(reserves, wish, held);
            open[step.turn] = more.reservation;
            reserves = more.reserves;
          } else {
            const [held] = open.splice(step.turn, 1);
            if (held === undefined) continue;
            const part = (amount: number) => Math.floor(amount * step.share);
            const slow = Math.min(part(held.perTool.slow ?? 0), part(held.toolCalls));
            const other = part(held.toolCalls) - slow;
            const used = {
              tokens: part(held.tokens),
              costMicroUsd: part(held.costMicroUsd),
              toolCalls: { slow, other },
            };
            reserves = settleSlice(reserves, wish, { held, used });
            spent.toolCalls += slow + other;
            spent.slow += slow;
            spent.tokens += used.tokens;
            spent.costMicroUsd += used.costMicroUsd;
          }
          const held = sum(open);
          // Nothing refills while the clock stands: what is left, held and spent is what there was.
          const left = levels(settleSlice(reserves, wish, noTurn));
          expect(left.session + held.toolCalls + spent.toolCalls).toBe(some.session);
          expect(left.workspace + held.toolCalls + spent.toolCalls).toBe(some.workspace);
          expect((left.tools.slow ?? 0) + held.slow + spent.slow).toBe(some.tools.slow);
          expect(left.tokens).toBe(held.tokens + spent.tokens);
          expect(left.tokens).toBeLessThanOrEqual(some.tokens);
          expect(left.costMicroUsd).toBe(held.costMicroUsd + spent.costMicroUsd);
          expect(left.costMicroUsd).toBeLessThanOrEqual(some.costMicroUsd);
        }
      }),
    );
  });
});

const noTurn = {
  held: { periods: {}, toolCalls: 0, tokens: 0, costMicroUsd: 0, perTool: {} },
  used: { tokens: 0, costMicroUsd: 0, toolCalls: {} },
};

function levels(reserves: Reserves) {
  return {
    session: callsIn(reserves.session),
    principal: callsIn(reserves.principal),
    workspace: callsIn(reserves.workspace),
    tools: Object.fromEntries(
      Object.entries(reserves.tools).map(([tool, bucket]) => [tool, callsIn(bucket)]),
    ),
    tokens: reserves.ledgers['workspace/day']?.tokens ?? 0,
    costMicroUsd: reserves.ledgers['workspace/day']?.costMicroUsd ?? 0,
  };
}

function sum(held: readonly Reservation[]) {
  const total = (amount: (one: Reservation) => number) =>
    held.reduce((all, one) => all + amount(one), 0);
  return {
    toolCalls: total((one) => one.toolCalls),
    slow: total((one) => one.perTool.slow ?? 0),
    tokens: total((one) => one.tokens),
    costMicroUsd: total((one) => one.costMicroUsd),
  };
}
