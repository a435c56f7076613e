import { env, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import type { BlockBindings } from '../../../src/blocks/kit/bindings.ts';
import type {
  AcceptedStream,
  BirthOrder,
  BlockApi,
  Teller,
} from '../../../src/blocks/user/block-api.ts';
import { UserBlock } from '../../../src/blocks/user/user-block.ts';
import { DEFAULT_BLOCK_LIMITS } from '../../../src/core/blocks/block-limits.ts';
import type { NumberedSignal } from '../../../src/core/blocks/block-signal.ts';
import { UNTRUSTED_LABEL } from '../../../src/core/policy/labels.ts';
import type { Principal } from '../../../src/core/policy/principal.ts';
import type { BlockId, WorkspaceId } from '../../../src/core/primitives/ids.ts';

const WATCHER: Teller = { from: 'blk_watcher' as BlockId, isDead: false };

const owner: Principal = {
  kind: 'user',
  id: 'owner',
  workspace: 'default' as WorkspaceId,
  tokenId: 'tok_1',
};

const order: BirthOrder = {
  blockId: 'blk_mortal' as BlockId,
  behavior: { kind: 'mailbox' },
  grants: [],
  limits: DEFAULT_BLOCK_LIMITS,
  budget: {},
  creator: owner,
  ancestors: [],
  requestId: 'req_1',
};

const MONITOR: NumberedSignal = { seq: 1, signal: { kind: 'monitor', ref: 'ref_1' } };
const LATE: NumberedSignal = {
  seq: 2,
  signal: {
    kind: 'message',
    envelope: { messageId: 'late', body: '"are you there?"', label: UNTRUSTED_LABEL },
  },
};

/** The watcher's end: it can be out of reach, and it can ask something while it is being told. */
class Watcher {
  readonly log: string[] = [];
  isReachable = true;
  whileTold: () => Promise<void> = async () => {};

  async accept(_teller: Teller, signals: readonly NumberedSignal[]): Promise<AcceptedStream> {
    if (!this.isReachable) throw new Error('out of reach');
    await this.whileTold();
    for (const { signal } of signals) this.log.push(signal.kind);
    return { kind: 'accepted', upTo: signals.at(-1)?.seq ?? 0, answers: {} };
  }
}

let lives = 0;

/** A real block whose one neighbour is the watcher. */
async function inMortal(use: (block: UserBlock, watcher: Watcher) => Promise<void>): Promise<void> {
  const { BLOCKS } = env as unknown as { BLOCKS: DurableObjectNamespace };
  const stub = BLOCKS.getByName(`default/mortal-${lives++}`);
  await runInDurableObject(stub, async (_, state) => {
    const watcher = new Watcher();
    const bindings: BlockBindings = {
      ...(env as unknown as BlockBindings),
      BLOCKS: { getByName: () => watcher as unknown as BlockApi },
    };
    const block = new UserBlock(state, bindings);
    expect((await block.spawn(order)).ok).toBe(true);
    expect(await block.accept(WATCHER, [MONITOR])).toMatchObject({ kind: 'accepted' });
    await use(block, watcher);
    await state.storage.deleteAll();
  });
}

const end = (block: UserBlock) =>
  block.exit({ principal: owner, requestId: 'req_2', ownsAll: false }, 'kill');

describe('a dead block that was not yet heard', () => {
  it('says first that it is dead, and only then that nobody is there', async () => {
    await inMortal(async (block, watcher) => {
      watcher.isReachable = false;
      expect((await end(block)).ok).toBe(true);
      watcher.isReachable = true;
      // The attempt that fails may still be under way: then so does this.
      const ask = () => block.accept(WATCHER, [LATE]).catch(() => ({ kind: 'unknown' }));
      await expect.poll(async () => (await ask()).kind).toBe('noproc');
      expect(watcher.log).toEqual(['down']);
    });
  });

  it('says so first even where that is under way already', async () => {
    await inMortal(async (block, watcher) => {
      const gate = Promise.withResolvers<void>();
      const isTold = Promise.withResolvers<void>();
      watcher.whileTold = () => {
        isTold.resolve();
        return gate.promise;
      };
      expect((await end(block)).ok).toBe(true);
      await isTold.promise;
      const asking = block.accept(WATCHER, [LATE]).then(({ kind }) => watcher.log.push(kind));
      gate.resolve();
      await asking;
      expect(watcher.log).toEqual(['down', 'noproc']);
    });
  });

  it('does not wait for one that is dead as well and waits for it', async () => {
    await inMortal(async (block, watcher) => {
      watcher.whileTold = async () => {
        const answer = await block.accept({ ...WATCHER, isDead: true }, [LATE]);
        watcher.log.push(answer.kind);
      };
      expect((await end(block)).ok).toBe(true);
      await expect.poll(() => watcher.log).toEqual(['noproc', 'down']);
    });
  });
});
