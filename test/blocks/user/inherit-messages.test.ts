import { expect, test } from 'vitest';
import { DEFAULT_BLOCK_LIMITS } from '../../../src/core/blocks/block-limits.ts';
import type { BlockId } from '../../../src/core/primitives/ids.ts';
import { inLoneBlock, OWNER } from './lone-block.ts';

const label = { integrity: 'trusted', confidentiality: 'workspace' } as const;

test('a dead life hands on what it has left in answers that are not too long to be sent', async () => {
  const limits = { ...DEFAULT_BLOCK_LIMITS, bytes: 16_777_216 };
  const body = JSON.stringify('x'.repeat(1_048_574));
  await inLoneBlock({ limits }, async (block) => {
    for (let sent = 0; sent < 9; sent++) {
      expect((await block.send({ from: OWNER, body, label })).ok).toBe(true);
    }
    expect((await block.exit(OWNER, 'kill')).ok).toBe(true);
    const pages = [await block.leftMessages(0, 20), await block.leftMessages(8, 20)];
    expect(pages.map((page) => page.map(({ seq }) => seq))).toEqual([
      [1, 2, 3, 4, 5, 6, 7, 8],
      [9],
    ]);
  });
});

test('a life that ends before it has taken over what the last one left hands that on as well', async () => {
  const inherit = { from: 'blk_before' as BlockId, generation: 1 };
  await inLoneBlock({ inherit }, async (block, before) => {
    before.isReachable = false;
    const facts = { messageId: 'msg_1', from: 'user:ann', label };
    before.left.push({ seq: 7, facts, body: '"kept"', attempts: 0 });
    expect((await block.send({ from: OWNER, body: '"own"', label })).ok).toBe(true);
    expect((await block.exit(OWNER, 'kill')).ok).toBe(true);
    await expect(block.leftMessages(0, 20)).rejects.toThrow('out of reach');
    before.isReachable = true;
    const pages = await Promise.all([block.leftMessages(0, 20), block.leftMessages(0, 20)]);
    for (const page of pages) expect(page.map(({ body }) => body)).toEqual(['"kept"', '"own"']);
  });
});
