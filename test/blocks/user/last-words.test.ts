import { describe, expect, it } from 'vitest';
import type { Teller } from '../../../src/blocks/user/block-api.ts';
import type { UserBlock } from '../../../src/blocks/user/user-block.ts';
import type { NumberedSignal } from '../../../src/core/blocks/block-signal.ts';
import { UNTRUSTED_LABEL } from '../../../src/core/policy/labels.ts';
import type { BlockId } from '../../../src/core/primitives/ids.ts';
import { inLoneBlock, type Neighbour, OWNER } from './lone-block.ts';

const WATCHER: Teller = { from: 'blk_watcher' as BlockId, isDead: false };

const MONITOR: NumberedSignal = { seq: 1, signal: { kind: 'monitor', ref: 'ref_1' } };
const LATE: NumberedSignal = {
  seq: 2,
  signal: {
    kind: 'message',
    envelope: { messageId: 'late', body: '"are you there?"', label: UNTRUSTED_LABEL },
  },
};

const inMortal = (use: (block: UserBlock, watcher: Neighbour) => Promise<void>) =>
  inLoneBlock({}, async (block, watcher) => {
    expect(await block.accept(WATCHER, [MONITOR])).toMatchObject({ kind: 'accepted' });
    await use(block, watcher);
  });

const end = (block: UserBlock) => block.exit(OWNER, 'kill');

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
