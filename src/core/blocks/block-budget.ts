/**
 * What a block may still use up: integers that only ever move, so that a tree of blocks together never
 * uses more than its root was given.
 *
 * A child's share is taken from its parent's when it is spawned, and what it has left comes back when
 * it ends. A part that a budget does not name is bounded by nothing here; but who is bounded in a part
 * gives no child any of it that does not ask.
 *
 * @module
 */

import * as z from 'zod';
import { err, ok, type Result } from '../primitives/result.ts';

/**
 * `tokens` of models, in both directions; `costMicroUsd`: money in micro-USD; `messages` that are sent,
 * answers included; `children` that are ever spawned, restarts included.
 */
export const BUDGET_PARTS = ['tokens', 'costMicroUsd', 'messages', 'children'] as const;

export type BudgetPart = (typeof BUDGET_PARTS)[number];

/** Integers. Less than nothing is left of what a turn has overspent. */
export type BlockBudget = { readonly [part in BudgetPart]?: number };

/** Sums of as many as a tree can have stay exact. */
const MAX_PART = 1_000_000_000_000;

const part = z.int().min(0).max(MAX_PART).exactOptional();

/** `budget` in the body of `POST /v1/blocks`. */
export const blockBudgetSchema: z.ZodType<BlockBudget> = z.strictObject({
  tokens: part,
  costMicroUsd: part,
  messages: part,
  children: part,
});

export interface Shared {
  /** What the child begins with. */
  readonly share: BlockBudget;
  /** What its parent keeps. */
  readonly left: BlockBudget;
}

/** For a child: what it asks for, and one of the children that its parent may have. */
export function shareBudget(own: BlockBudget, asked: BlockBudget): Result<Shared, BudgetPart> {
  const entries = BUDGET_PARTS.flatMap((key) => {
    const most = own[key];
    const share = most === undefined ? asked[key] : (asked[key] ?? 0);
    return share === undefined ? [] : [[key, share] as const];
  });
  const share: BlockBudget = Object.fromEntries(entries);
  const kept = spendBudget(own, { ...share, children: (share.children ?? 0) + 1 });
  return kept.ok ? ok({ share, left: kept.value }) : kept;
}

/** All of it, or none, and what there is too little of. Nothing is spent of what is not bounded. */
export function spendBudget(
  left: BlockBudget,
  amount: BlockBudget,
): Result<BlockBudget, BudgetPart> {
  const short = BUDGET_PARTS.find((key) => {
    const most = left[key];
    const wanted = amount[key] ?? 0;
    return most !== undefined && wanted > 0 && wanted > most;
  });
  return short === undefined ? ok(addBudget(left, negate(amount))) : err(short);
}

/** What comes back, or, where less than nothing was left, what was overspent. */
export function addBudget(left: BlockBudget, more: BlockBudget): BlockBudget {
  return Object.fromEntries(
    BUDGET_PARTS.flatMap((key) => {
      const before = left[key];
      return before === undefined ? [] : [[key, before + (more[key] ?? 0)]];
    }),
  );
}

function negate(amount: BlockBudget): BlockBudget {
  return Object.fromEntries(
    BUDGET_PARTS.flatMap((key) => {
      const value = amount[key];
      return value === undefined ? [] : [[key, -value]];
    }),
  );
}
