/**
 * Takes a turn's slice from the buckets and the budget of its workspace, and gives back the rest.
 *
 * What is reserved is gone for everybody else until the turn is settled, so all slices together
 * never exceed what the policy allows. A turn that is never settled keeps what it reserved.
 *
 * @module
 */

import { err, ok, type Result } from '../primitives/result.ts';
import {
  type Bucket,
  callsIn,
  fullBucket,
  giveBackCalls,
  refill,
  retryAfterMs,
  takeCalls,
} from './bucket.ts';
import { type DayLedger, ledgerAt, leftToday, msToNextDay, type Spend } from './day-ledger.ts';
import type { Policy, Rate } from './policy.ts';
import type { Slice, SliceShortage } from './slice.ts';

/** Everything that turns draw on. Tools are here only where they have a rate of their own. */
export interface Reserves {
  readonly session: Bucket;
  readonly principal: Bucket;
  readonly workspace: Bucket;
  readonly tools: Readonly<Record<string, Bucket>>;
  readonly day: DayLedger;
}

/** Reserves as they were stored. What was never touched is absent, and full. */
export type StoredReserves = Partial<Reserves>;

/** What one turn holds of the reserves, as it is written down until the turn is settled. */
export interface Reservation extends Spend {
  /** The day whose budget it belongs to. */
  readonly day: number;
  readonly toolCalls: number;
  readonly perTool: Readonly<Record<string, number>>;
}

/** What a turn may cost: a model that is free needs no money, and a program neither that nor tokens. */
export type TurnCost = 'money' | 'tokens' | 'nothing';

export interface Wish {
  readonly policy: Policy;
  readonly now: number;
  readonly cost: TurnCost;
}

export interface Reserved {
  readonly slice: Slice;
  readonly reservation: Reservation;
  readonly reserves: Reserves;
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

/** What a turn has used, tool calls by tool. */
export interface Settlement extends Spend {
  readonly toolCalls: Readonly<Record<string, number>>;
}

/**
 * Gives back what a turn did not use. Money and tokens go back to the day that they came from; what
 * was overspent is charged to it. Of a day that is over nothing is kept.
 */
export function settleSlice(
  stored: StoredReserves,
  { policy, now }: Pick<Wish, 'policy' | 'now'>,
  ended: { readonly held: Reservation; readonly used: Settlement },
): Reserves {
  const { held, used } = ended;
  const reserves = refreshReserves(stored, { policy, now });
  const usedCalls = Object.values(used.toolCalls).reduce((sum, calls) => sum + calls, 0);
  const unused = Math.max(0, held.toolCalls - usedCalls);
  const tools = mapRecord(reserves.tools, (bucket, tool) => {
    const calls = ownNumber(held.perTool, tool) - ownNumber(used.toolCalls, tool);
    return giveBackCalls(bucket, Math.max(0, calls));
  });
  const day = reserves.day.day === held.day ? spend(reserves.day, minus(used, held)) : reserves.day;
  return {
    session: giveBackCalls(reserves.session, unused),
    principal: giveBackCalls(reserves.principal, unused),
    workspace: giveBackCalls(reserves.workspace, unused),
    tools,
    day,
  };
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
    const most = wish.policy.limits.maxToolCalls - ownNumber(held.perTool, tool);
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

/** A whole turn's worth, less what it holds. Budgets are not renewed on another day. */
function toWanted({ day }: Reserves, { policy, cost }: Wish, held: Reservation): Amounts {
  const { maxToolCalls, maxTokens, maxCostMicroUsd } = policy.limits;
  const isSameDay = day.day === held.day;
  const wantsTokens = isSameDay && cost !== 'nothing';
  const wantsMoney = isSameDay && cost === 'money';
  return {
    toolCalls: Math.max(0, maxToolCalls - held.toolCalls),
    tokens: wantsTokens ? Math.max(0, maxTokens - held.tokens) : 0,
    costMicroUsd: wantsMoney ? Math.max(0, maxCostMicroUsd - held.costMicroUsd) : 0,
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
    day: spend(reserves.day, got),
  };
}

function refreshReserves(
  stored: StoredReserves,
  { policy, now }: Pick<Wish, 'policy' | 'now'>,
): Reserves {
  const fresh = (bucket: Bucket | undefined, rate: Rate): Bucket =>
    bucket === undefined ? fullBucket(rate, now) : refill(bucket, rate, now);
  const { rates } = policy;
  const tools = stored.tools ?? {};
  return {
    session: fresh(stored.session, rates.session),
    principal: fresh(stored.principal, rates.principal),
    workspace: fresh(stored.workspace, rates.workspace),
    tools: mapRecord(rates.tools, (rate, tool) =>
      fresh(Object.hasOwn(tools, tool) ? tools[tool] : undefined, rate),
    ),
    day: ledgerAt(stored.day, now),
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

function spend(ledger: DayLedger, amount: Spend): DayLedger {
  return {
    day: ledger.day,
    tokens: Math.max(0, ledger.tokens + amount.tokens),
    costMicroUsd: Math.max(0, ledger.costMicroUsd + amount.costMicroUsd),
  };
}

function minus(a: Spend, b: Spend): Spend {
  return { tokens: a.tokens - b.tokens, costMicroUsd: a.costMicroUsd - b.costMicroUsd };
}

/** Tools are named by plugins' authors: only own members count. */
function ownNumber(record: Readonly<Record<string, number>>, key: string): number {
  return Object.hasOwn(record, key) ? (record[key] ?? 0) : 0;
}

function mapRecord<T, U>(
  record: Readonly<Record<string, T>>,
  change: (value: T, key: string) => U,
): Readonly<Record<string, U>> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key, change(value, key)]),
  );
}
