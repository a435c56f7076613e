/**
 * Everything that the turns of a workspace draw on together: three buckets, those of tools with a
 * rate of their own, and the day's budget.
 *
 * @module
 */

import { type Bucket, refill } from './bucket.ts';
import { type DayLedger, ledgerAt, type Spend } from './day-ledger.ts';
import type { Policy } from './policy.ts';

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
    day: ledgerAt(stored.day, now),
  };
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
