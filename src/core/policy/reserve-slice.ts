/**
 * Takes a turn's slice from the buckets and budgets of its workspace.
 *
 * What is reserved is gone for everybody else until the turn is settled, so all slices together
 * never exceed what the policy allows. A turn that is never settled keeps what it reserved.
 *
 * @module
 */

import { err, ok, type Result } from '../primitives/result.ts';
import { callsIn, retryAfterMs, takeCalls } from './bucket.ts';
import { listBudgets } from './budget-ledgers.ts';
import { charge } from './ledger.ts';
import type { Policy } from './policy.ts';
import {
  isOfPeriod,
  mapRecord,
  ownNumber,
  type Reservation,
  type Reserves,
  refreshReserves,
  type StoredReserves,
} from './reserves.ts';
import { budgetShortage, budgetsLeft, callShortage, callsLeft, longerWait } from './shortage.ts';
import type { Slice, SliceShortage } from './slice.ts';

/** What a turn may cost: a model that is free needs no money, and a program neither that nor tokens. */
export type TurnCost = 'money' | 'tokens' | 'nothing';

export interface Wish {
  readonly policy: Policy;
  readonly now: number;
  readonly cost: TurnCost;
  /** How many turns' worth is reserved at once; one unless stated. */
  readonly turns?: number;
}

export interface Reserved {
  readonly slice: Slice;
  readonly reservation: Reservation;
  readonly reserves: Reserves;
}

/** Most turns for which a session may hold a slice at once. */
const MAX_TURNS_HELD = 16;

/** So many sessions could each hold as much, before any of them would miss it. */
const PLENTIFUL_SESSIONS = 64;

/**
 * For how many turns a session may hold a slice at once: for one, unless everything that turns draw
 * on is plentiful.
 */
export function turnsToHold(stored: StoredReserves, { policy, now }: Omit<Wish, 'cost'>): number {
  const reserves = refreshReserves(stored, { policy, now });
  const { tools, session, principal, workspace } = reserves;
  const { maxToolCalls, maxTokens } = policy.limits;
  const buckets = [session, principal, workspace, ...Object.values(tools)];
  const turns = Math.min(
    ...buckets.map((bucket) => callsIn(bucket) / Math.max(1, maxToolCalls)),
    ...budgetsLeft(reserves, { policy, now }).map(
      ({ left }) => left.tokens / Math.max(1, maxTokens),
    ),
  );
  return Math.max(1, Math.min(MAX_TURNS_HELD, Math.floor(turns / PLENTIFUL_SESSIONS)));
}

/**
 * Reserves up to a whole turn's worth. Refused if nothing at all is left of a rate or budget that
 * the turn draws on, with the longest wait of all that ran out; short of a part, it begins with what
 * there is.
 */
export function reserveSlice(stored: StoredReserves, wish: Wish): Result<Reserved, SliceShortage> {
  const reserves = refreshReserves(stored, wish);
  const periods = periodsOf(reserves, wish.policy);
  const nothing = { periods, toolCalls: 0, tokens: 0, costMicroUsd: 0, perTool: {} };
  const { reserved, shortages } = take(reserves, wish, nothing);
  const missing = shortages.filter(({ isTotal }) => isTotal).map(({ shortage }) => shortage);
  return missing.length === 0 ? ok(reserved) : err(missing.reduce(longerWait));
}

/** Adds to what a turn holds, up to a whole turn's worth. The slice is what was added. */
export function renewSlice(stored: StoredReserves, wish: Wish, held: Reservation): Reserved {
  return take(refreshReserves(stored, wish), wish, held).reserved;
}

type Amounts = Pick<Slice, 'toolCalls' | 'tokens' | 'costMicroUsd'>;

interface Taken {
  readonly reserved: Reserved;
  readonly shortages: readonly { readonly shortage: SliceShortage; readonly isTotal: boolean }[];
}

function take(reserves: Reserves, wish: Wish, held: Reservation): Taken {
  const wanted = toWanted(reserves, wish, held);
  const budgets = budgetsLeft(reserves, wish);
  const got: Amounts = {
    toolCalls: Math.min(wanted.toolCalls, callsLeft(reserves)),
    tokens: Math.min(wanted.tokens, ...budgets.map(({ left }) => left.tokens)),
    costMicroUsd: Math.min(wanted.costMicroUsd, ...budgets.map(({ left }) => left.costMicroUsd)),
  };
  const perTool = mapRecord(reserves.tools, (bucket, tool) => {
    const most =
      wish.policy.limits.maxToolCalls * (wish.turns ?? 1) - ownNumber(held.perTool, tool);
    return Math.min(callsIn(bucket), Math.max(0, most));
  });
  const reservation = addAmounts(held, got, perTool);
  const after = takeOut(reserves, { ...reservation, ...got, perTool });

  const shortageOf = (part: keyof Amounts): SliceShortage =>
    part === 'toolCalls' ? callShortage(after) : budgetShortage(part, budgets, got[part]);
  const shortages = (['toolCalls', 'tokens', 'costMicroUsd'] as const)
    .filter((part) => got[part] < wanted[part])
    .map((part) => ({ shortage: shortageOf(part), isTotal: got[part] === 0 }));
  const slice: Slice = {
    ...got,
    perTool,
    toolRetryAfterMs: mapRecord(after.tools, retryAfterMs),
    ...(shortages[0] && { shortOf: shortages[0].shortage }),
  };
  return { reserved: { slice, reservation, reserves: after }, shortages };
}

/** A whole turn's worth, or that of several, less what is held. */
function toWanted(reserves: Reserves, wish: Wish, held: Reservation): Amounts {
  const { policy, cost, turns = 1 } = wish;
  const { maxToolCalls, maxTokens, maxCostMicroUsd } = policy.limits;
  // Budgets are not renewed in another period, whose spending this would not be.
  const isSamePeriod = listBudgets(policy.budgets).every(({ name }) => {
    const ledger = reserves.ledgers[name];
    return ledger !== undefined && isOfPeriod(held, ledger, name);
  });
  const wantsTokens = isSamePeriod && cost !== 'nothing';
  const wantsMoney = isSamePeriod && cost === 'money';
  return {
    toolCalls: Math.max(0, maxToolCalls * turns - held.toolCalls),
    tokens: wantsTokens ? Math.max(0, maxTokens * turns - held.tokens) : 0,
    costMicroUsd: wantsMoney ? Math.max(0, maxCostMicroUsd * turns - held.costMicroUsd) : 0,
  };
}

/** Beginnings of the periods whose budgets a turn draws on that begins now. */
function periodsOf({ ledgers }: Reserves, { budgets }: Policy): Reservation['periods'] {
  return Object.fromEntries(
    listBudgets(budgets).flatMap(({ name }) => {
      const ledger = ledgers[name];
      return ledger === undefined ? [] : [[name, ledger.beginsAt]];
    }),
  );
}

function takeOut(reserves: Reserves, taken: Reservation): Reserves {
  const { toolCalls, perTool } = taken;
  return {
    session: takeCalls(reserves.session, toolCalls),
    principal: takeCalls(reserves.principal, toolCalls),
    workspace: takeCalls(reserves.workspace, toolCalls),
    tools: mapRecord(reserves.tools, (bucket, tool) => takeCalls(bucket, ownNumber(perTool, tool))),
    ledgers: mapRecord(reserves.ledgers, (ledger, name) =>
      isOfPeriod(taken, ledger, name) ? charge(ledger, taken) : ledger,
    ),
  };
}

function addAmounts(
  held: Reservation,
  more: Amounts,
  perTool: Readonly<Record<string, number>>,
): Reservation {
  return {
    periods: held.periods,
    toolCalls: held.toolCalls + more.toolCalls,
    tokens: held.tokens + more.tokens,
    costMicroUsd: held.costMicroUsd + more.costMicroUsd,
    perTool: mapRecord(perTool, (calls, tool) => calls + ownNumber(held.perTool, tool)),
  };
}
