/**
 * What the workspace says of its budgets.
 *
 * @module
 */

import type { LedgerId } from '../../core/policy/budget-ledgers.ts';
import type { Spend } from '../../core/policy/ledger.ts';

/** Whose budgets; without a session, none of a session. */
export interface BudgetHolders {
  /** `kind:id`. */
  readonly principal: string;
  readonly sessionId?: string;
}

export interface BudgetDescription extends Omit<LedgerId, 'name'> {
  readonly budget: Spend;
  /** Spent, or reserved by turns that have not ended. */
  readonly used: Spend;
  /** Epoch milliseconds of the present period; no end if there is none. */
  readonly beginsAt: number;
  readonly endsAt?: number;
}
