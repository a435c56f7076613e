import { expect, test } from 'vitest';
import type { BirthOrder, Teller } from '../../../src/blocks/user/block-api.ts';
import type { CapabilityPattern } from '../../../src/core/capabilities/pattern.ts';
import type { BlockId } from '../../../src/core/primitives/ids.ts';
import { inLoneBlock } from '../user/lone-block.ts';

const PARENT: Teller = { from: 'blk_parent' as BlockId, isDead: false };

const supervisor: Partial<BirthOrder> = {
  behavior: {
    kind: 'supervisor',
    strategy: 'one-for-one',
    intensity: 3,
    periodMs: 5_000,
    autoShutdown: 'never',
    children: [],
  },
  grants: ['block:supervise', 'block:spawn'].map((pattern) => ({
    pattern: pattern as CapabilityPattern,
  })),
  ancestors: [PARENT.from],
  link: PARENT.from,
};

const unlinks = { kind: 'link', link: { isLinked: false, version: 2 } } as const;
const ends = { kind: 'exit', via: 'link', reason: { crash: 'boom' } } as const;

test.each([
  ['ends with the parent that it is linked to', [ends], 'exited'],
  ['outlives one that it is not linked to any more', [unlinks, ends], 'running'],
] as const)('a supervisor %s', async (_, said, state) => {
  await inLoneBlock(supervisor, async (block) => {
    const signals = said.map((signal, index) => ({ seq: index + 1, signal }));
    expect(await block.accept(PARENT, signals)).toMatchObject({ kind: 'accepted' });
    expect((await block.describe())?.state).toBe(state);
  });
});
