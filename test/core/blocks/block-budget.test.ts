import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addBudget,
  type BlockBudget,
  BUDGET_PARTS,
  type BudgetPart,
  blockBudgetSchema,
  shareBudget,
  spendBudget,
} from '../../../src/core/blocks/block-budget.ts';

const part = fc.integer({ min: 0, max: 30 });
const anyBudget: fc.Arbitrary<BlockBudget> = fc.record(
  { tokens: part, costMicroUsd: part, messages: part, children: part },
  { requiredKeys: [] },
);

interface Member {
  budget: BlockBudget;
  readonly parent: number;
  isAlive: boolean;
}

/** A tree of blocks that spawn, spend and end in any order, as their blocks would write it down. */
class Tree {
  readonly members: Member[];
  readonly spent: Record<BudgetPart, number>;

  constructor(root: BlockBudget) {
    this.members = [{ budget: root, parent: -1, isAlive: true }];
    this.spent = { tokens: 0, costMicroUsd: 0, messages: 0, children: 0 };
  }

  spawn(parent: number, asked: BlockBudget): void {
    const giver = this.members[parent];
    if (giver?.isAlive !== true) return;
    const shared = shareBudget(giver.budget, asked);
    if (!shared.ok) return;
    giver.budget = shared.value.left;
    this.spent.children += 1;
    this.members.push({ budget: shared.value.share, parent, isAlive: true });
  }

  spend(index: number, amount: BlockBudget): void {
    const member = this.members[index];
    if (member?.isAlive !== true) return;
    const spent = spendBudget(member.budget, amount);
    if (!spent.ok) return;
    member.budget = spent.value;
    for (const key of BUDGET_PARTS) this.spent[key] += amount[key] ?? 0;
  }

  /** What is left goes to the nearest one above that lives. */
  end(index: number): void {
    const member = this.members[index];
    if (index === 0 || member?.isAlive !== true) return;
    member.isAlive = false;
    let above = member.parent;
    while (this.members[above]?.isAlive === false) above = this.members[above]?.parent ?? 0;
    const heir = this.members[above];
    if (heir !== undefined) heir.budget = addBudget(heir.budget, member.budget);
  }

  left(key: BudgetPart): number {
    return this.members
      .filter(({ isAlive }) => isAlive)
      .reduce((sum, { budget }) => sum + (budget[key] ?? 0), 0);
  }
}

const index = fc.nat({ max: 12 });
const anyStep = fc.oneof(
  fc.record({ do: fc.constant('spawn' as const), index, amount: anyBudget }),
  fc.record({ do: fc.constant('spend' as const), index, amount: anyBudget }),
  fc.record({ do: fc.constant('end' as const), index, amount: fc.constant({}) }),
);

test('what is left in a tree and what was spent is always what its root was given', () => {
  const holds = fc.property(anyBudget, fc.array(anyStep, { maxLength: 40 }), (root, steps) => {
    const tree = new Tree(root);
    for (const { do: what, index: at, amount } of steps) {
      if (what === 'spawn') tree.spawn(at, amount);
      else if (what === 'spend') tree.spend(at, amount);
      else tree.end(at);
      for (const key of BUDGET_PARTS) {
        const given = root[key];
        if (given !== undefined) expect(tree.left(key) + tree.spent[key]).toBe(given);
        for (const { budget } of tree.members) {
          expect(budget[key] ?? 0).toBeGreaterThanOrEqual(0);
        }
      }
    }
  });
  fc.assert(holds, { numRuns: 2_000 });
});

describe('shareBudget()', () => {
  test('who is bounded gives nothing that is not asked for', () => {
    expect(shareBudget({ tokens: 5 }, {})).toEqual({
      ok: true,
      value: { share: { tokens: 0 }, left: { tokens: 5 } },
    });
  });

  test('who is not bounded bounds a child as it asks', () => {
    expect(shareBudget({}, { tokens: 5 })).toEqual({
      ok: true,
      value: { share: { tokens: 5 }, left: {} },
    });
  });

  test.each([
    [{ children: 1 }, {}, true],
    [{ children: 0 }, {}, false],
    [{ children: 3 }, { children: 2 }, true],
    [{ children: 3 }, { children: 3 }, false],
    [{ tokens: 4 }, { tokens: 4 }, true],
    [{ tokens: 4 }, { tokens: 5 }, false],
  ] as const)('of %j a child that asks for %j is given it: %s', (own, asked, isGiven) => {
    expect(shareBudget(own, asked).ok).toBe(isGiven);
  });
});

describe('spendBudget()', () => {
  test('spends all of it or nothing, and says of what there is too little', () => {
    expect(spendBudget({ tokens: 5, messages: 1 }, { tokens: 5, messages: 2 })).toEqual({
      ok: false,
      error: 'messages',
    });
    expect(spendBudget({ tokens: 5, messages: 1 }, { tokens: 5, messages: 1 })).toEqual({
      ok: true,
      value: { tokens: 0, messages: 0 },
    });
  });

  test('what was overspent is owed, and bars only what it is of', () => {
    const owing = addBudget({ tokens: 5, messages: 5 }, { tokens: -7 });
    expect(owing).toEqual({ tokens: -2, messages: 5 });
    expect(spendBudget(owing, { messages: 1 }).ok).toBe(true);
    expect(spendBudget(owing, { tokens: 1 }).ok).toBe(false);
  });
});

test.each([
  [{ tokens: 0 }, true],
  [{ tokens: 1_000_000_000_000 }, true],
  [{ tokens: 1_000_000_000_001 }, false],
  [{ tokens: -1 }, false],
  [{ costMicroUsd: 0.5 }, false],
  [{ money: 1 }, false],
])('%j is a budget: %s', (input, isBudget) => {
  expect(blockBudgetSchema.safeParse(input).success).toBe(isBudget);
});
