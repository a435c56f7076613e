/**
 * What is used of the budgets of a workspace, of one of its principals and of a session.
 *
 * @module
 */

import { listBudgets } from '../../core/policy/budget-ledgers.ts';
import { endOf } from '../../core/policy/budget-period.ts';
import { refreshReserves } from '../../core/policy/reserves.ts';
import type { BudgetDescription, BudgetHolders } from './budget-api.ts';
import type { WorkspaceParts } from './workspace-parts.ts';

export function describeBudgets(
  parts: WorkspaceParts,
  { principal, sessionId }: BudgetHolders,
): BudgetDescription[] {
  const { policy } = parts.workspace.row();
  const budgets = listBudgets(policy.budgets).filter(
    ({ holder }) => holder !== 'session' || sessionId !== undefined,
  );
  const keys = { principal, sessionId: sessionId ?? '', tools: [], ledgers: budgets };
  const { ledgers } = refreshReserves(parts.reserves.read(keys), { policy, now: parts.now() });
  return budgets.flatMap(({ name, holder, period, budget }) => {
    const ledger = ledgers[name];
    if (ledger === undefined) return [];
    const { tokens, costMicroUsd, beginsAt } = ledger;
    const endsAt = endOf(period, beginsAt);
    const used = { tokens, costMicroUsd };
    return [{ holder, period, budget, used, beginsAt, ...(endsAt !== undefined && { endsAt }) }];
  });
}
