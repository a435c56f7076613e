/**
 * What a block has used up of its budget, and what it gets back. Each function is part of the
 * transaction that does what it pays for, so that nothing is done unpaid or paid for twice.
 *
 * @module
 */

import {
  addBudget,
  type BlockBudget,
  type BudgetPart,
  spendBudget,
} from '../../core/blocks/block-budget.ts';
import type { Spend } from '../../core/policy/ledger.ts';
import { ok, type Result } from '../../core/primitives/result.ts';
import type { BlockRefusal } from './block-api.ts';
import type { BlockParts } from './block-parts.ts';
import type { HeldSpend } from './facts-store.ts';
import { budgetOf, hasBudget } from './present-facts.ts';
import { refusal } from './refusals.ts';

type BudgetParts = Pick<BlockParts, 'facts'>;

/** All of it, or nothing and what there is too little of. */
export function spend(parts: BudgetParts, amount: BlockBudget): Result<unknown, BudgetPart> {
  const facts = parts.facts.read();
  if (facts === undefined || !hasBudget(facts)) return ok(undefined);
  const spent = spendBudget(budgetOf(facts), amount);
  if (spent.ok) parts.facts.update({ budget: spent.value });
  return spent;
}

export function regain(parts: BudgetParts, amount: BlockBudget): void {
  const facts = parts.facts.read();
  if (facts === undefined || !hasBudget(facts)) return;
  parts.facts.update({ budget: addBudget(budgetOf(facts), amount) });
}

export function exhausted(part: BudgetPart): BlockRefusal {
  return refusal('budget_exhausted', `The block has too little left of its budget of ${part}`);
}

/** Of one attempt at one message. */
export type Attempt = Pick<HeldSpend, 'seq' | 'attempts'>;

/**
 * What a message may use of what the block has left, at most `most`; the same again for the same
 * attempt. Nothing if the budget bounds neither, `exhausted` if there is none left of one.
 */
export function holdForMessage(
  parts: BudgetParts,
  attempt: Attempt,
  most: Spend,
): Spend | 'exhausted' | undefined {
  const facts = parts.facts.read();
  if (facts === undefined) return undefined;
  const { tokens, costMicroUsd } = budgetOf(facts);
  if (tokens === undefined && costMicroUsd === undefined) return undefined;
  const { held } = facts;
  if (held?.seq === attempt.seq && held.attempts === attempt.attempts) return held;
  const amount = {
    tokens: Math.min(most.tokens, tokens ?? most.tokens),
    costMicroUsd: Math.min(most.costMicroUsd, costMicroUsd ?? most.costMicroUsd),
  };
  if (amount.tokens <= 0 || amount.costMicroUsd < 0) return 'exhausted';
  spend(parts, amount);
  const { seq, attempts } = attempt;
  parts.facts.update({ held: { seq, attempts, ...amount } });
  return amount;
}

/** What was held and not used goes back; what was used beyond it is gone, too. */
export function settleMessage(parts: BudgetParts, attempt: Attempt, used: Spend): void {
  const held = parts.facts.read()?.held;
  if (held?.seq !== attempt.seq || held.attempts !== attempt.attempts) return;
  regain(parts, {
    tokens: held.tokens - used.tokens,
    costMicroUsd: held.costMicroUsd - used.costMicroUsd,
  });
  parts.facts.drop('held');
}
