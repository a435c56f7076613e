/**
 * Money and tokens of one calendar day (UTC), reserved or spent.
 *
 * A turn's reservation belongs to the day on which it was made, also when the turn ends on the next.
 *
 * @module
 */

import type { Policy } from './policy.ts';

/** Money in micro-USD, and tokens in both directions together. */
export interface Spend {
  readonly tokens: number;
  readonly costMicroUsd: number;
}

export interface DayLedger extends Spend {
  /** Days since 1970-01-01 (UTC). */
  readonly day: number;
}

const DAY_MS = 86_400_000;

export function dayOf(now: number): number {
  return Math.floor(now / DAY_MS);
}

/** The ledger of the day that it is now: empty if the given one is of another day. */
export function ledgerAt(ledger: DayLedger | undefined, now: number): DayLedger {
  const day = dayOf(now);
  return ledger?.day === day ? ledger : { day, tokens: 0, costMicroUsd: 0 };
}

/** What is left of the day's budget; never negative, though a turn may overspend its slice. */
export function leftToday(ledger: DayLedger, budget: Policy['dailyBudget']): Spend {
  return {
    tokens: Math.max(0, budget.tokens - ledger.tokens),
    costMicroUsd: Math.max(0, budget.costMicroUsd - ledger.costMicroUsd),
  };
}

/** Milliseconds until the next day begins, and with it the next budget. */
export function msToNextDay(now: number): number {
  return (dayOf(now) + 1) * DAY_MS - now;
}

/** Adds to what is reserved or spent; a negative amount gives back. */
export function charge(ledger: DayLedger, amount: Spend): DayLedger {
  return {
    day: ledger.day,
    tokens: Math.max(0, ledger.tokens + amount.tokens),
    costMicroUsd: Math.max(0, ledger.costMicroUsd + amount.costMicroUsd),
  };
}
