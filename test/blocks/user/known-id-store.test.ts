import { env, runInDurableObject } from 'cloudflare:test';
import { expect, test } from 'vitest';
import { randomHex } from '../../../src/blocks/kit/keys.ts';
import { Tables } from '../../../src/blocks/kit/tables.ts';
import { KnownIdStore, type KnownMessage } from '../../../src/blocks/user/known-id-store.ts';

const DAY_MS = 86_400_000;

test('where too many are known no more are taken until the oldest has gone, also after a rollback', async () => {
  const { BLOCKS } = env as unknown as { BLOCKS: DurableObjectNamespace };
  const stub = BLOCKS.getByName(`default/known-ids-${randomHex(4)}`);
  await runInDurableObject(stub, async (_, { storage }) => {
    const { sql } = storage;
    const tables = new Tables(sql);
    const known: KnownMessage = { bodyHash: 'hash', acceptance: { kind: 'accepted', seq: 1 } };
    const store = new KnownIdStore(sql, tables, 2);
    const addAt = (at: number) => store.add('user:ann', `order-${at}`, known, at);
    expect(store.fullForMs(0)).toBe(0);
    addAt(0);
    expect(() =>
      storage.transactionSync(() => {
        addAt(1);
        throw new RangeError('back');
      }),
    ).toThrow('back');
    for (const copy of [tables, store]) copy.forget();
    expect(store.fullForMs(2)).toBe(0);
    addAt(3);
    expect(store.fullForMs(4)).toBe(DAY_MS - 4);
    expect(new KnownIdStore(sql, tables, 2).fullForMs(4)).toBe(DAY_MS - 4);
    expect(store.fullForMs(DAY_MS)).toBe(0);
    addAt(DAY_MS);
    expect(store.fullForMs(DAY_MS)).toBe(3);
  });
});

test('an id that a sender gave his message is known for a day, and forgotten after it', async () => {
  const { BLOCKS } = env as unknown as { BLOCKS: DurableObjectNamespace };
  const stub = BLOCKS.getByName(`default/known-ids-${randomHex(4)}`);
  await runInDurableObject(stub, async (_, { storage }) => {
    const { sql } = storage;
    const known: KnownMessage = { bodyHash: 'hash', acceptance: { kind: 'accepted', seq: 1 } };
    const store = new KnownIdStore(sql, new Tables(sql));
    store.add('user:ann', 'order-1', known, 0);
    expect(store.find('user:ann', 'order-1', DAY_MS - 1)).toEqual(known);
    expect(store.find('user:bob', 'order-1', DAY_MS - 1)).toBeUndefined();
    store.add('user:ann', 'order-2', known, DAY_MS - 1);
    expect(store.find('user:ann', 'order-1', DAY_MS)).toBeUndefined();
    store.add('user:ann', 'order-1', known, DAY_MS);
    const rows = sql.exec('SELECT message_id, at FROM known_ids ORDER BY at').toArray();
    expect(rows).toEqual([
      { message_id: 'order-2', at: DAY_MS - 1 },
      { message_id: 'order-1', at: DAY_MS },
    ]);
  });
});

test('those of a whole day are forgotten some at a time, and keep no new one out meanwhile', async () => {
  const { BLOCKS } = env as unknown as { BLOCKS: DurableObjectNamespace };
  const stub = BLOCKS.getByName(`default/known-ids-${randomHex(4)}`);
  await runInDurableObject(stub, async (_, { storage: { sql } }) => {
    const known: KnownMessage = { bodyHash: 'hash', acceptance: { kind: 'accepted', seq: 1 } };
    const store = new KnownIdStore(sql, new Tables(sql), 200);
    for (let n = 0; n < 500; n++) store.add('user:ann', `order-${n}`, known, n);
    const later = 2 * DAY_MS;
    const left = () =>
      sql.exec<{ count: number }>('SELECT count(*) AS count FROM known_ids').one().count;
    expect(store.fullForMs(later)).toBe(0);
    expect(left()).toBe(400);
    expect(store.find('user:ann', 'order-499', later)).toBe(undefined);
    store.add('user:ann', 'order-499', { ...known, bodyHash: 'another' }, later);
    expect(left()).toBe(300);
    expect(store.find('user:ann', 'order-499', later)?.bodyHash).toBe('another');
    for (let n = 0; n < 3; n++) store.add('user:ann', `late-${n}`, known, later);
    expect(left()).toBe(4);
    expect(new KnownIdStore(sql, new Tables(sql), 4).fullForMs(later)).toBe(DAY_MS);
    expect(store.fullForMs(later)).toBe(0);
  });
});
