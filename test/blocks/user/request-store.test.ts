import { env, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { BlockBindings } from '../../../src/blocks/kit/bindings.ts';
import { assembleBlock } from '../../../src/blocks/user/assemble-block.ts';
import type { BirthOrder } from '../../../src/blocks/user/block-api.ts';
import { type BlockParts, transact } from '../../../src/blocks/user/block-parts.ts';
import {
  addRequest,
  dropRequest,
  MAX_REQUESTS,
  nextRequest,
} from '../../../src/blocks/user/request-store.ts';
import { UNTRUSTED_LABEL } from '../../../src/core/policy/labels.ts';

const never = async () => {};
const TASKS = {
  ...{ forget: never, supervise: never, inherit: never, process: never, push: never },
  ...{ 'user-timers': never, requests: never, promptly: () => {} },
};

let scratches = 0;

/** In the storage of an object of its own; `wake` makes the pieces as they are after it was lost. */
async function inBlock(use: (wake: () => BlockParts) => void): Promise<void> {
  const { BLOCKS } = env as unknown as { BLOCKS: DurableObjectNamespace };
  const stub = BLOCKS.getByName(`default/request-scratch-${scratches++}`);
  await runInDurableObject(stub, async (_, state) => {
    const wake = () => assembleBlock(state, env as unknown as BlockBindings, TASKS);
    const order = { blockId: 'blk_scratch', limits: {}, ancestors: [] } as unknown as BirthOrder;
    const parts = wake();
    transact(parts, () => parts.facts.create(order, 1));
    use(wake);
    await state.storage.deleteAll();
  });
}

const add = (parts: BlockParts, ref: string) =>
  transact(parts, () => {
    const request = { type: 'env', ref, name: 'REGION' } as const;
    addRequest(parts, { request, label: UNTRUSTED_LABEL, requestId: 'req_1' });
  });

const signals = (parts: BlockParts) =>
  [...parts.mailbox.heads()].map(({ seq }) => {
    const { body, from, label, signal } = parts.mailbox.read(seq)!;
    return { body: JSON.parse(String(body)), from, label, signal };
  });

describe('requests of a block', () => {
  it('are kept in their order until they are dropped, also when the object is lost', () =>
    inBlock((wake) => {
      const parts = wake();
      for (const ref of ['a', 'b']) add(parts, ref);
      const first = nextRequest(wake());
      expect(first).toMatchObject({ request: { ref: 'a' }, label: UNTRUSTED_LABEL });
      transact(parts, () => dropRequest(parts, first!.seq));
      expect(nextRequest(parts)?.request.ref).toBe('b');
    }));

  it('are as many as there may be; one more is answered at once', () =>
    inBlock((wake) => {
      const parts = wake();
      for (let n = 0; n < MAX_REQUESTS; n++) add(parts, `ref-${n}`);
      expect(signals(parts)).toEqual([]);
      add(parts, 'beyond');
      expect(signals(parts)).toEqual([
        {
          body: { type: 'answer', ref: 'beyond', failed: 'limit_reached' },
          from: 'block:blk_scratch',
          label: UNTRUSTED_LABEL,
          signal: true,
        },
      ]);
    }));
});
