import { env, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { BlockBindings } from '../../../src/blocks/kit/bindings.ts';
import type { StoredMessage } from '../../../src/blocks/kit/mailbox-store.ts';
import { acceptMessage } from '../../../src/blocks/user/accept-message.ts';
import { assembleBlock } from '../../../src/blocks/user/assemble-block.ts';
import type { BirthOrder } from '../../../src/blocks/user/block-api.ts';
import { type BlockParts, transact } from '../../../src/blocks/user/block-parts.ts';
import { Calls } from '../../../src/blocks/user/calls.ts';
import { applySnapshot } from '../../../src/blocks/user/checkpoints.ts';
import { commitMessage } from '../../../src/blocks/user/commit-message.ts';
import { Processor } from '../../../src/blocks/user/processor.ts';
import { Readers } from '../../../src/blocks/user/readers.ts';
import { takeMessages } from '../../../src/blocks/user/receive-messages.ts';
import { holdForMessage } from '../../../src/blocks/user/spend-budget.ts';
import { StateStore } from '../../../src/blocks/user/state-store.ts';
import { DEFAULT_BLOCK_LIMITS } from '../../../src/core/blocks/block-limits.ts';
import { PRINCIPAL_LABEL } from '../../../src/core/policy/labels.ts';
import { ok } from '../../../src/core/primitives/result.ts';

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

async function inBlock(
  use: (parts: BlockParts, state: DurableObjectState) => Promise<void>,
): Promise<void> {
  const { BLOCKS } = env as unknown as { BLOCKS: DurableObjectNamespace };
  const stub = BLOCKS.getByName(`default/commit-scratch-${scratches++}`);
  await runInDurableObject(stub, async (_, state) => {
    const parts = assembleBlock(state, env as unknown as BlockBindings, TASKS);
    transact(parts, () => {
      parts.facts.create(ORDER, 1);
      new StateStore(parts).write('"old"', PRINCIPAL_LABEL);
    });
    await use(parts, state);
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

it('begins no turn for a message that a restored checkpoint took away before it had one', () =>
  inBlock(async (parts) => {
    put(parts, 'a');
    const begun: string[] = [];
    const behave = async ({ message }: { message: StoredMessage }) => {
      begun.push(message.messageId);
      return DONE;
    };
    const processing = { behave, state: new StateStore(parts) };
    const outside = { answer: () => false, endTurns: never };
    const processor = new Processor(parts, () => processing, outside);
    transact(parts, () => holdForMessage(parts, { seq: 1, attempts: 0 }, BUDGET));
    const remove = () => ok(transact(parts, () => parts.mailbox.remove(1)));
    expect(await processor.replace(remove, 1_000)).toEqual(ok(undefined));
    expect(begun).toEqual([]);
    expect(parts.facts.read()).toMatchObject({ budget: { tokens: 0, costMicroUsd: 0 } });
    expect(parts.facts.read()?.held).toBeUndefined();
  }));

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

  it('leaves the one that an earlier life of the object was at, and so does a consumer', () =>
    inBlock(async (parts, ctx) => {
      for (const id of ['a', 'b']) put(parts, id);
      transact(parts, () => {
        parts.facts.update({ upgrade: { behavior: { kind: 'agent' }, version: 2 } });
        parts.timers.set('process', Date.now() + 60_000);
      });
      const bindings = env as unknown as BlockBindings;
      new Readers({ ctx, env: bindings, parts, calls: new Calls() }).restore();
      put(parts, 'c');
      const left = [...parts.mailbox.heads()].map(({ seq }) => seq);
      expect(left).toEqual([1, 3]);
      expect(takeMessages(parts, { max: 10, leaseMs: 1_000 })).toEqual([]);
    }));
});
