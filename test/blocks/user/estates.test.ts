import { describe, expect, it } from 'vitest';
import type { BirthOrder, Teller } from '../../../src/blocks/user/block-api.ts';
import { CHILD_REF } from '../../../src/blocks/user/end-block.ts';
import { REST_REF } from '../../../src/blocks/user/hear-estate.ts';
import type { UserBlock } from '../../../src/blocks/user/user-block.ts';
import type { NumberedSignal } from '../../../src/core/blocks/block-signal.ts';
import type { CapabilityPattern } from '../../../src/core/capabilities/pattern.ts';
import type { BlockId } from '../../../src/core/primitives/ids.ts';
import { inLoneBlock, type Neighbour, OWNER } from './lone-block.ts';

const GRANDCHILD = 'blk_grandchild' as BlockId;
const ABOVE = ['blk_parent', 'blk_grandparent'] as BlockId[];

const dead = (from: BlockId): Teller => ({ from, isDead: true });

const leaves = (messages: number, wards: readonly BlockId[] = []): NumberedSignal => ({
  seq: 1,
  signal: {
    kind: 'down',
    ref: CHILD_REF,
    reason: 'normal',
    estate: { budget: { messages }, wards },
  },
});

/** It has 1,000 messages, and gave 400 of them to its one child. */
async function inParent(use: (block: UserBlock, child: BlockId) => Promise<void>): Promise<void> {
  const grants = ['block:supervise', 'block:spawn'].map((pattern) => ({
    pattern: pattern as CapabilityPattern,
  }));
  const child = {
    name: 'child',
    restart: 'temporary',
    graceMs: 0,
    significant: false,
    mailbox: 'fresh',
    behavior: { kind: 'mailbox' },
    capabilities: [],
    limits: {},
    budget: { messages: 400 },
  } as const;
  const behavior: BirthOrder['behavior'] = {
    kind: 'supervisor',
    strategy: 'one-for-one',
    intensity: 3,
    periodMs: 5_000,
    autoShutdown: 'never',
    children: [child],
  };
  const asked = { behavior, grants, budget: { messages: 1_000 } };
  await inLoneBlock(asked, async (block, neighbour) => {
    await expect.poll(() => neighbour.births.length).toBe(1);
    expect(await left(block)).toBe(600);
    await use(block, neighbour.births[0]!);
  });
}

const left = async (block: UserBlock) => (await block.describe())?.budget.messages;

describe('what a block leaves', () => {
  it('comes back once, though one that its parent has heard says it to the next one up again', async () => {
    await inParent(async (block, child) => {
      // The child had heard before that the grandchild left 300 of these.
      await block.accept(dead(child), [leaves(400)]);
      expect(await left(block)).toBe(1_000);
      await block.accept(dead(GRANDCHILD), [leaves(300)]);
      expect(await left(block)).toBe(1_000);
    });
  });

  it('comes back past a parent that has not heard of it', async () => {
    await inParent(async (block, child) => {
      await block.accept(dead(child), [leaves(100, [GRANDCHILD])]);
      expect(await left(block)).toBe(700);
      await block.accept(dead(GRANDCHILD), [leaves(300)]);
      expect(await left(block)).toBe(1_000);
    });
  });
});

describe('what a block still owes when it ends', () => {
  const owing: NumberedSignal = {
    seq: 1,
    signal: {
      ...{ kind: 'down', ref: CHILD_REF, reason: 'killed' },
      estate: { budget: { messages: 100 }, wards: [], owes: true },
    },
  };
  const rest = (seq: number): NumberedSignal => ({
    seq,
    signal: {
      ...{ kind: 'down', ref: REST_REF, reason: 'killed' },
      estate: { budget: { messages: 200 }, wards: [] },
    },
  });

  it('comes back once it is known, and once', async () => {
    await inParent(async (block, child) => {
      await block.accept(dead(child), [owing]);
      expect(await left(block)).toBe(700);
      await block.accept(dead(child), [rest(2)]);
      await block.accept(dead(child), [rest(3)]);
      expect(await left(block)).toBe(900);
    });
  });

  it('comes back past a parent that ends before it is known', async () => {
    await inParent(async (block, child) => {
      await block.accept(dead(child), [leaves(0, [GRANDCHILD])]);
      await block.accept(dead(GRANDCHILD), [rest(1)]);
      await block.accept(dead(GRANDCHILD), [rest(2)]);
      expect(await left(block)).toBe(800);
    });
  });
});

describe('a dead block to whom another one leaves something', () => {
  const inDead = (use: (block: UserBlock, above: Neighbour) => Promise<void>) =>
    inLoneBlock({ ancestors: ABOVE }, async (block, above) => {
      above.isReachable = false;
      expect((await block.exit(OWNER, 'kill')).ok).toBe(true);
      await expect(block.accept(dead(GRANDCHILD), [leaves(300)])).rejects.toThrow();
      expect(above.log).toEqual([]);
      above.isReachable = true;
      await use(block, above);
    });

  it('sends it on once its own is heard above', async () => {
    await inDead(async (block, above) => {
      expect(await block.accept(dead(GRANDCHILD), [leaves(300)])).toEqual({ kind: 'noproc' });
      expect(above.log).toEqual(['down']);
    });
  });

  it('sends it on once its own has come past those who are dead as well', async () => {
    await inDead(async (block, above) => {
      above.isGone = true;
      expect(await block.accept(dead(GRANDCHILD), [leaves(300)])).toEqual({ kind: 'noproc' });
      expect(above.log).toEqual(['down', 'down']);
    });
  });
});
