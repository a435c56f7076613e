/**
 * The ledgers that the budgets of a policy need: one for each holder and period.
 *
 * @module
 */

import { BUDGET_PERIODS, type BudgetPeriod } from './budget-period.ts';
import { BUDGET_HOLDERS, type BudgetHolder, type Budgets } from './budgets.ts';
import type { Spend } from './ledger.ts';

/** `holder/period`: one for each budget that a policy can have. */
export type LedgerName = `${BudgetHolder}/${BudgetPeriod}`;

export interface LedgerId {
  readonly name: LedgerName;
  readonly holder: BudgetHolder;
  readonly period: BudgetPeriod;
}

/** In the order in which they are named when several are equally scarce. */
const LEDGERS: readonly LedgerId[] = BUDGET_HOLDERS.flatMap((holder) =>
  BUDGET_PERIODS.map((period) => ({ name: `${holder}/${period}` as const, holder, period })),
);

export interface NamedBudget extends LedgerId {
  readonly budget: Spend;
}

/** Every budget that is stated. */
export function listBudgets(budgets: Budgets): NamedBudget[] {
  return LEDGERS.flatMap((ledger) => {
    const budget = budgets[ledger.holder][ledger.period];
    return budget === undefined ? [] : [{ ...ledger, budget }];
  });
}

/** Those of every budget that is stated, and those that are named in `periods`. */
export function listLedgers(
  budgets: Budgets,
  periods: Readonly<Record<string, number>>,
): LedgerId[] {
  return LEDGERS.filter(
    ({ name, holder, period }) =>
      budgets[holder][period] !== undefined || Object.hasOwn(periods, name),
  );
}
