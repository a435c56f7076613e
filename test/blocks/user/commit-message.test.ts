import { env, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { BlockBindings } from '../../../src/blocks/kit/bindings.ts';
import { acceptMessage } from '../../../src/blocks/user/accept-message.ts';
import { assembleBlock } from '../../../src/blocks/user/assemble-block.ts';
import type { BirthOrder } from '../../../src/blocks/user/block-api.ts';
import { type BlockParts, transact } from '../../../src/blocks/user/block-parts.ts';
import { applySnapshot } from '../../../src/blocks/user/checkpoints.ts';
import { commitMessage } from '../../../src/blocks/user/commit-message.ts';
import { StateStore } from '../../../src/blocks/user/state-store.ts';
import { DEFAULT_BLOCK_LIMITS } from '../../../src/core/blocks/block-limits.ts';
import { PRINCIPAL_LABEL } from '../../../src/core/policy/labels.ts';

const never = async () => {};
const TASKS = {
  ...{ forget: never, supervise: never, inherit: never, process: never, push: never },
  ...{ 'user-timers': never, requests: never, promptly: () => {} },
};
const LIMITS = { ...DEFAULT_BLOCK_LIMITS, messages: 2, overflow: 'drop-old' } as const;
const BUDGET = { tokens: 60, costMicroUsd: 60 };
const ORDER = {
  ...{ blockId: 'blk_scratch', ancestors: [], requestId: 'req_1' },
  ...{ limits: LIMITS, budget: BUDGET, behavior: { kind: 'mailbox' } },
} as unknown as BirthOrder;
const used = { tokens: 20, costMicroUsd: 20 };
const CRASHED = { kind: 'crashed', code: 'fuel', used } as const;
const DONE = { kind: 'done', state: '"new"', effects: [], label: PRINCIPAL_LABEL, used } as const;
const LACKING = { kind: 'lacking', capability: 'block:send', reason: 'x' } as const;

let scratches = 0;

async function inBlock(use: (parts: BlockParts) => Promise<void>): Promise<void> {
  const { BLOCKS } = env as unknown as { BLOCKS: DurableObjectNamespace };
  const stub = BLOCKS.getByName(`default/commit-scratch-${scratches++}`);
  await runInDurableObject(stub, async (_, state) => {
    const parts = assembleBlock(state, env as unknown as BlockBindings, TASKS);
    transact(parts, () => {
      parts.facts.create(ORDER, 1);
      new StateStore(parts).write('"old"', PRINCIPAL_LABEL);
    });
    await use(parts);
    await state.storage.deleteAll();
  });
}

function put(parts: BlockParts, messageId: string) {
  const message = { messageId, from: 'user:a', label: PRINCIPAL_LABEL, body: '1' };
  return transact(parts, () => acceptMessage(parts, parts.facts.alive()!, message));
}

describe('commitMessage()', () => {
  it.each([
    [DONE, 40],
    [CRASHED, 40],
    [LACKING, 60],
  ] as const)(
    'does nothing of what %j wants for a message that a restored checkpoint took away, but for its cost',
    (processed, left) =>
      inBlock(async (parts) => {
        put(parts, 'a');
        const message = parts.mailbox.read(1)!;
        const held = { seq: 1, attempts: 0, tokens: 50, costMicroUsd: 50 };
        transact(parts, () => {
          parts.facts.update({ held, budget: { tokens: 10, costMicroUsd: 10 } });
          applySnapshot(parts, {
            ...{ behavior: { kind: 'mailbox' }, version: 1, limits: LIMITS, messages: [] },
            state: { text: '"restored"', label: PRINCIPAL_LABEL },
          });
        });
        const state = new StateStore(parts);
        const committing = { message, state, answer: () => false };
        await commitMessage(parts, committing, processed);
        expect(state.read()?.text).toBe('"restored"');
        const { exit, budget } = parts.facts.read()!;
        expect({ exit, budget }).toEqual({ budget: { tokens: left, costMicroUsd: left } });
      }),
  );
});

describe('a full mailbox that drops the old', () => {
  it('leaves the message that is being processed', () =>
    inBlock(async (parts) => {
      for (const id of ['a', 'b']) put(parts, id);
      parts.mailbox.inHand = 1;
      put(parts, 'c');
      expect([...parts.mailbox.heads()].map(({ seq }) => seq)).toEqual([1, 3]);
      parts.mailbox.inHand = undefined;
      put(parts, 'd');
      expect([...parts.mailbox.heads()].map(({ seq }) => seq)).toEqual([3, 4]);
    }));
});
