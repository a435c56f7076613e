import { expect, test } from 'vitest';
import { DEFAULT_BLOCK_LIMITS } from '../../../src/core/blocks/block-limits.ts';
import { inLoneBlock, OWNER } from './lone-block.ts';

test('a dead life hands on what it has left in answers that are not too long to be sent', async () => {
  const limits = { ...DEFAULT_BLOCK_LIMITS, bytes: 16_777_216 };
  const body = JSON.stringify('x'.repeat(1_048_574));
  await inLoneBlock({ limits }, async (block) => {
    const label = { integrity: 'trusted', confidentiality: 'workspace' } as const;
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
