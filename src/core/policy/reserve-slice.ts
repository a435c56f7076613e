/**
 * Takes a turn's slice from the buckets and the budget of its workspace.
 *
 * What is reserved is gone for everybody else until the turn is settled, so all slices together
 * never exceed what the policy allows. A turn that is never settled keeps what it reserved.
 *
 * @module
 */

import { err, ok, type Result } from '../primitives/result.ts';
import { callsIn, retryAfterMs, takeCalls } from './bucket.ts';
import { charge, leftToday, msToNextDay } from './day-ledger.ts';
import type { Policy } from './policy.ts';
import {
  mapRecord,
  ownNumber,
  type Reservation,
  type Reserves,
  refreshReserves,
  type StoredReserves,
} from './reserves.ts';
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
export const MAX_TURNS_HELD = 16;

/** So many sessions could each hold as much, before any of them would miss it. */
const PLENTIFUL_SESSIONS = 64;

/**
 * For how many turns a session may hold a slice at once: for one, unless everything that turns draw
 * on is plentiful.
 */
export function turnsToHold(stored: StoredReserves, { policy, now }: Omit<Wish, 'cost'>): number {
  const { tools, session, principal, workspace, day } = refreshReserves(stored, { policy, now });
  const { maxToolCalls, maxTokens } = policy.limits;
  const buckets = [session, principal, workspace, ...Object.values(tools)];
  const turns = Math.min(
    ...buckets.map((bucket) => callsIn(bucket) / Math.max(1, maxToolCalls)),
    leftToday(day, policy.dailyBudget).tokens / Math.max(1, maxTokens),
  );
  return Math.max(1, Math.min(MAX_TURNS_HELD, Math.floor(turns / PLENTIFUL_SESSIONS)));
}

/**
 * Reserves up to a whole turn's worth. Refused if nothing at all is left of a rate or budget that
 * the turn draws on; short of a part, it begins with what there is.
 */
export function reserveSlice(stored: StoredReserves, wish: Wish): Result<Reserved, SliceShortage> {
  const reserves = refreshReserves(stored, wish);
  const { day } = reserves.day;
  const nothing = { day, toolCalls: 0, tokens: 0, costMicroUsd: 0, perTool: {} };
  const { reserved, shortages } = take(reserves, wish, nothing);
  const missing = shortages.find(({ isTotal }) => isTotal);
  return missing === undefined ? ok(reserved) : err(missing.shortage);
}

/** Adds to what a turn holds, up to a whole turn's worth. The slice is what was added. */
export function renewSlice(stored: StoredReserves, wish: Wish, held: Reservation): Reserved {
  return take(refreshReserves(stored, wish), wish, held).reserved;
}

/** In the order in which they are named when several are equally scarce. */
const SHARED = [
  { key: 'session', reason: 'session_rate' },
  { key: 'principal', reason: 'principal_rate' },
  { key: 'workspace', reason: 'workspace_rate' },
] as const;

type Amounts = Pick<Slice, 'toolCalls' | 'tokens' | 'costMicroUsd'>;

interface Taken {
  readonly reserved: Reserved;
  readonly shortages: readonly { readonly shortage: SliceShortage; readonly isTotal: boolean }[];
}

function take(reserves: Reserves, wish: Wish, held: Reservation): Taken {
  const wanted = toWanted(reserves, wish, held);
  const scarcest = SHARED.reduce((least, next) =>
    callsIn(reserves[next.key]) < callsIn(reserves[least.key]) ? next : least,
  );
  const left = leftToday(reserves.day, wish.policy.dailyBudget);
  const got: Amounts = {
    toolCalls: Math.min(wanted.toolCalls, callsIn(reserves[scarcest.key])),
    tokens: Math.min(wanted.tokens, left.tokens),
    costMicroUsd: Math.min(wanted.costMicroUsd, left.costMicroUsd),
  };
  const perTool = mapRecord(reserves.tools, (bucket, tool) => {
    const most =
      wish.policy.limits.maxToolCalls * (wish.turns ?? 1) - ownNumber(held.perTool, tool);
    return Math.min(callsIn(bucket), Math.max(0, most));
  });
  const after = takeOut(reserves, got, perTool);

  const nextDayMs = msToNextDay(wish.now);
  const waits = [
    ['toolCalls', scarcest.reason, retryAfterMs(after[scarcest.key])],
    ['tokens', 'token_budget', nextDayMs],
    ['costMicroUsd', 'money_budget', nextDayMs],
  ] as const;
  const shortages = waits
    .filter(([part]) => got[part] < wanted[part])
    .map(([part, reason, ms]) => ({
      shortage: { reason, retryAfterMs: ms },
      isTotal: got[part] === 0,
    }));
  const slice: Slice = {
    ...got,
    perTool,
    toolRetryAfterMs: mapRecord(after.tools, retryAfterMs),
    ...(shortages[0] && { shortOf: shortages[0].shortage }),
  };
  return { reserved: { slice, reservation: add(held, slice), reserves: after }, shortages };
}

/** A whole turn's worth, or that of several, less what is held. Budgets are not renewed on another day. */
function toWanted(
  { day }: Reserves,
  { policy, cost, turns = 1 }: Wish,
  held: Reservation,
): Amounts {
  const { maxToolCalls, maxTokens, maxCostMicroUsd } = policy.limits;
  const isSameDay = day.day === held.day;
  const wantsTokens = isSameDay && cost !== 'nothing';
  const wantsMoney = isSameDay && cost === 'money';
  return {
    toolCalls: Math.max(0, maxToolCalls * turns - held.toolCalls),
    tokens: wantsTokens ? Math.max(0, maxTokens * turns - held.tokens) : 0,
    costMicroUsd: wantsMoney ? Math.max(0, maxCostMicroUsd * turns - held.costMicroUsd) : 0,
  };
}

function takeOut(
  reserves: Reserves,
  got: Amounts,
  perTool: Readonly<Record<string, number>>,
): Reserves {
  return {
    session: takeCalls(reserves.session, got.toolCalls),
    principal: takeCalls(reserves.principal, got.toolCalls),
    workspace: takeCalls(reserves.workspace, got.toolCalls),
    tools: mapRecord(reserves.tools, (bucket, tool) => takeCalls(bucket, ownNumber(perTool, tool))),
    day: charge(reserves.day, got),
  };
}

function add(held: Reservation, slice: Slice): Reservation {
  return {
    day: held.day,
    toolCalls: held.toolCalls + slice.toolCalls,
    tokens: held.tokens + slice.tokens,
    costMicroUsd: held.costMicroUsd + slice.costMicroUsd,
    perTool: mapRecord(slice.perTool, (calls, tool) => calls + ownNumber(held.perTool, tool)),
  };
}
