import { expect, test } from 'vitest';
import { ReplyStore } from '../../../src/blocks/channel/reply-store.ts';
import { countingStorage } from '../kit/counting-storage.ts';
import { inScratchObject } from '../kit/scratch-object.ts';
import { PLAIN_SEAL } from './plain-seal.ts';

test('what did not arrive is found among many without a look at each', () =>
  inScratchObject(({ sql: storage }) => {
    const { sql, rowsRead } = countingStorage(storage);
    const store = new ReplyStore(sql, PLAIN_SEAL);
    store.createTable();
    for (let n = 0; n < 200; n++) {
      const part = { id: `rep_${n}`, updateId: `${n}`, chat: '7', text: 'hi', index: 0 } as const;
      const reply = { channel: 'shop', isRepeatable: false, createdAt: 0 };
      const seq = store.add({ ...reply, part: { ...part, format: 'plain' } });
      store.change({ seq, status: 'sent', attempts: 1, receipt: `receipt ${n}` });
    }
    const before = rowsRead();
    const failed = [
      ['shop', 'receipt 7'],
      ['shop', 'receipt 7'],
      ['desk', 'receipt 8'],
      ['shop', 'receipt of another'],
    ] as const;
    expect(failed.map(([channel, receipt]) => store.fail(channel, receipt, 'error_1'))).toEqual([
      ...[true, false, false, false],
    ]);
    expect(rowsRead() - before).toBeLessThan(20);
  }));
