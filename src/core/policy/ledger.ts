/**
 * Money and tokens that were reserved or spent of one budget in one period.
 *
 * A turn's reservation belongs to the period in which it was made, also when the turn ends in a later
 * one.
 *
 * @module
 */

import { type BudgetPeriod, beginOf, endOf } from './budget-period.ts';

/** Money in micro-USD, and tokens in both directions together. */
export interface Spend {
  readonly tokens: number;
  readonly costMicroUsd: number;
}

export const NO_SPEND: Spend = { tokens: 0, costMicroUsd: 0 };

export interface Ledger extends Spend {
  readonly period: BudgetPeriod;
  /** Epoch milliseconds at which its period began. */
  readonly beginsAt: number;
}

/** The ledger of the present period: empty if the given one is of an earlier one. */
export function ledgerAt(ledger: Ledger | undefined, period: BudgetPeriod, now: number): Ledger {
  const beginsAt = beginOf(period, now);
  // A clock that goes back brings no budget back.
  if (ledger !== undefined && ledger.beginsAt >= beginsAt) return ledger;
  return { period, beginsAt, tokens: 0, costMicroUsd: 0 };
}

/** What is left of a budget; never negative, though a turn may overspend its slice. */
export function leftOf(spent: Spend, budget: Spend): Spend {
  return {
    tokens: Math.max(0, budget.tokens - spent.tokens),
    costMicroUsd: Math.max(0, budget.costMicroUsd - spent.costMicroUsd),
  };
}

export function addSpend(a: Spend, b: Spend): Spend {
  return { tokens: a.tokens + b.tokens, costMicroUsd: a.costMicroUsd + b.costMicroUsd };
}

/** Of both the lesser. */
export function lesserOf(a: Spend, b: Spend): Spend {
  return {
    tokens: Math.min(a.tokens, b.tokens),
    costMicroUsd: Math.min(a.costMicroUsd, b.costMicroUsd),
  };
}

/** Milliseconds until the next period begins, and with it the next budget; nothing if none does. */
export function msToNextPeriod({ period, beginsAt }: Ledger, now: number): number | undefined {
  const end = endOf(period, Math.max(now, beginsAt));
  return end === undefined ? undefined : end - now;
}

/** Adds to what is reserved or spent; a negative amount gives back. */
export function charge(ledger: Ledger, amount: Spend): Ledger {
  return {
    ...ledger,
    tokens: Math.max(0, ledger.tokens + amount.tokens),
    costMicroUsd: Math.max(0, ledger.costMicroUsd + amount.costMicroUsd),
  };
}
