import { expect, test } from 'vitest';
import { ChainStore } from '../../../src/blocks/audit/chain-store.ts';
import { ExpiryStore } from '../../../src/blocks/audit/expiry.ts';
import { countingStorage } from '../kit/counting-storage.ts';
import { inScratchObject } from '../kit/scratch-object.ts';

const LENGTH = 3_000;

/** Each record is of the instant of its number. */
function fill(sql: SqlStorage): void {
  sql.exec(
    `INSERT INTO records (seq, source, source_seq, event, previous_hash, hash)
     WITH RECURSIVE more (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM more WHERE seq < ?)
     SELECT seq, 'a', seq, json_object('action', 'tool-call', 'decision', 'allowed', 'at', seq, 'actor', 'user:bob'),
       hex(zeroblob(32)), hex(zeroblob(32)) FROM more`,
    LENGTH,
  );
}

test('a page of what is young costs as much at the end of a long chain as any other', () =>
  inScratchObject(({ sql: storage }) => {
    const { sql, rowsRead } = countingStorage(storage);
    const store = new ChainStore(sql);
    store.createTables();
    new ExpiryStore(sql).createTables();
    fill(storage);
    const before = rowsRead();
    const page = store.select({ after: LENGTH - 100, limit: 10, from: 5 });
    expect(page.records.map(({ seq }) => seq - LENGTH)).toEqual(
      Array.from({ length: 10 }, (_, place) => place - 99),
    );
    expect(page.next).toBe(LENGTH - 90);
    expect(rowsRead() - before).toBeLessThan(400);
    // One that was to begin before the first of them begins there.
    const [first] = store.select({ after: 3, limit: 1, from: 2_000 }).records;
    expect(first?.seq).toBe(2_000);
  }));
