/**
 * What ran out when less than a whole turn's worth could be reserved, and when there is more of it.
 *
 * @module
 */

import { callsIn, retryAfterMs } from './bucket.ts';
import { listBudgets, type NamedBudget } from './budget-ledgers.ts';
import { leftOf, msToNextPeriod, type Spend } from './ledger.ts';
import type { Policy } from './policy.ts';
import type { Reserves } from './reserves.ts';
import type { SliceShortage } from './slice.ts';

/** In the order in which they are named when several are equally scarce. */
const BUCKETS = [
  { key: 'session', reason: 'session_rate' },
  { key: 'principal', reason: 'principal_rate' },
  { key: 'workspace', reason: 'workspace_rate' },
] as const;

const BUDGET_REASONS = { tokens: 'token_budget', costMicroUsd: 'money_budget' } as const;

/** Calls that all three buckets can give at once. */
export function callsLeft(reserves: Reserves): number {
  return Math.min(...BUCKETS.map(({ key }) => callsIn(reserves[key])));
}

export interface BudgetLeft extends NamedBudget {
  readonly left: Spend;
  /** Absent if its period never ends. */
  readonly renewedInMs?: number;
}

export function budgetsLeft(
  { ledgers }: Reserves,
  { policy, now }: { readonly policy: Policy; readonly now: number },
): BudgetLeft[] {
  return listBudgets(policy.budgets).flatMap((named) => {
    const ledger = ledgers[named.name];
    if (ledger === undefined) return [];
    const renewedInMs = msToNextPeriod(ledger, now);
    const left = leftOf(ledger, named.budget);
    return [{ ...named, left, ...(renewedInMs !== undefined && { renewedInMs }) }];
  });
}

/** Of buckets from which all calls that were to be had were taken. */
export function callShortage(after: Reserves): SliceShortage {
  return BUCKETS.map(
    ({ key, reason }): SliceShortage => ({ reason, retryAfterMs: retryAfterMs(after[key]) }),
  ).reduce(longerWait);
}

/** Of budgets of which all that was to be had was taken: `got` is what the scarcest had left. */
export function budgetShortage(
  part: keyof Spend,
  budgets: readonly BudgetLeft[],
  got: number,
): SliceShortage {
  return budgets
    .filter(({ left }) => left[part] <= got)
    .map(({ name, renewedInMs }): SliceShortage => {
      const shortage = { reason: BUDGET_REASONS[part], budget: name };
      return renewedInMs === undefined ? shortage : { ...shortage, retryAfterMs: renewedInMs };
    })
    .reduce(longerWait);
}

/** The first of two equally long ones. */
export function longerWait(a: SliceShortage, b: SliceShortage): SliceShortage {
  return (b.retryAfterMs ?? Infinity) > (a.retryAfterMs ?? Infinity) ? b : a;
}
