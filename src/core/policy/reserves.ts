/**
 * Everything that the turns of a workspace draw on together: three buckets, those of tools with a
 * rate of their own, and a ledger for each budget.
 *
 * @module
 */

import { type Bucket, refill } from './bucket.ts';
import { listBudgets } from './budget-ledgers.ts';
import type { Budgets } from './budgets.ts';
import { type Ledger, ledgerAt, type Spend } from './ledger.ts';
import type { Policy } from './policy.ts';

/** Everything that turns draw on. Tools are here only where they have a rate of their own. */
export interface Reserves {
  readonly session: Bucket;
  readonly principal: Bucket;
  readonly workspace: Bucket;
  readonly tools: Readonly<Record<string, Bucket>>;
  /** By the name of the budget. Also those of budgets that policy has dropped since. */
  readonly ledgers: Readonly<Record<string, Ledger>>;
}

/** Reserves as they were stored. What was never touched is absent, and full. */
export type StoredReserves = Partial<Reserves>;

/** What one turn holds of the reserves, as it is written down until the turn is settled. */
export interface Reservation extends Spend {
  /** The ledgers that it was charged to, with the beginnings of their periods. */
  readonly periods: Readonly<Record<string, number>>;
  readonly toolCalls: number;
  readonly perTool: Readonly<Record<string, number>>;
}

/** The reserves as they stand now, under a policy that may have changed since. */
export function refreshReserves(
  stored: StoredReserves,
  { policy, now }: { readonly policy: Policy; readonly now: number },
): Reserves {
  const { rates } = policy;
  const tools = stored.tools ?? {};
  return {
    session: refill(stored.session, rates.session, now),
    principal: refill(stored.principal, rates.principal, now),
    workspace: refill(stored.workspace, rates.workspace, now),
    tools: mapRecord(rates.tools, (rate, tool) =>
      refill(Object.hasOwn(tools, tool) ? tools[tool] : undefined, rate, now),
    ),
    ledgers: refreshLedgers(stored.ledgers ?? {}, policy.budgets, now),
  };
}

function refreshLedgers(
  stored: Reserves['ledgers'],
  budgets: Budgets,
  now: number,
): Reserves['ledgers'] {
  const named = listBudgets(budgets).map(({ name, period }) => [
    name,
    ledgerAt(stored[name], period, now),
  ]);
  const dropped = mapRecord(stored, (ledger) => ledgerAt(ledger, ledger.period, now));
  return { ...dropped, ...Object.fromEntries(named) };
}

/** Whether the reservation was charged to this ledger, in this period. */
export function isOfPeriod({ periods }: Reservation, { beginsAt }: Ledger, name: string): boolean {
  return Object.hasOwn(periods, name) && periods[name] === beginsAt;
}

/** Tools are named by plugins' authors: only own members count. */
export function ownNumber(record: Readonly<Record<string, number>>, key: string): number {
  return Object.hasOwn(record, key) ? (record[key] ?? 0) : 0;
}

/** Another record with the same own members. */
export function mapRecord<T, U>(
  record: Readonly<Record<string, T>>,
  change: (value: T, key: string) => U,
): Readonly<Record<string, U>> {
  return Object.fromEntries(
    Object.entries(record).map(([key, value]) => [key, change(value, key)]),
  );
}
