/**
 * Budgets in money and tokens: of the whole workspace, of each of its principals and of each session,
 * for an hour, a day, a month, or for good. What one turn may cost is among its limits.
 *
 * The workspace's day is always bounded. What else is not named adds no bound of its own, and what is
 * spent while it is not named is not counted.
 *
 * @module
 */

import * as z from 'zod';
import type { BudgetPeriod } from './budget-period.ts';
import type { Spend } from './ledger.ts';

export const BUDGET_HOLDERS = ['workspace', 'principal', 'session'] as const;

export type BudgetHolder = (typeof BUDGET_HOLDERS)[number];

/** Zero allows nothing. */
type PeriodBudgets = { readonly [period in BudgetPeriod]?: Spend };

export interface Budgets {
  readonly workspace: PeriodBudgets & { readonly day: Spend };
  /** Of each one alike. */
  readonly principal: PeriodBudgets;
  readonly session: PeriodBudgets;
  /** What happens with a vendor's model whose price nobody has stated. */
  readonly unknownPrice: 'refuse' | 'worst-case';
}

export const DEFAULT_BUDGETS: Budgets = {
  workspace: { day: { costMicroUsd: 50_000_000, tokens: 50_000_000 } },
  principal: {},
  session: {},
  unknownPrice: 'worst-case',
};

/** Most micro-USD, and most tokens, of one budget: sums of many stay exact. */
export const MAX_BUDGET = 1_000_000_000_000;

const spendSchema = z.strictObject({
  costMicroUsd: z.int().min(0).max(MAX_BUDGET),
  tokens: z.int().min(0).max(MAX_BUDGET),
});

const optional = spendSchema.exactOptional();
const periods = { hour: optional, month: optional, total: optional };

export const budgetsSchema: z.ZodType<Budgets> = z.strictObject({
  workspace: z
    .strictObject({ ...periods, day: spendSchema.default(DEFAULT_BUDGETS.workspace.day) })
    .prefault({}),
  principal: z.strictObject({ ...periods, day: optional }).default({}),
  session: z.strictObject({ ...periods, day: optional }).default({}),
  unknownPrice: z.enum(['refuse', 'worst-case']).default(DEFAULT_BUDGETS.unknownPrice),
});
