import { expect, test } from 'vitest';
import { type StoredUpdate, UpdateStore } from '../../../src/blocks/channel/update-store.ts';
import { EMPTY_LOAD } from '../../../src/core/channels/inbox-bounds.ts';
import { inScratchObject } from '../kit/scratch-object.ts';
import { PLAIN_SEAL } from './plain-seal.ts';

const DAY_MS = 86_400_000;

const inStore = (use: (store: UpdateStore, reopen: () => UpdateStore) => void) =>
  inScratchObject(({ sql }) => {
    const open = () => {
      const store = new UpdateStore(sql, PLAIN_SEAL);
      store.createTable();
      return store;
    };
    use(open(), open);
  });

const update = (updateId: string, change: Partial<StoredUpdate> = {}) => ({
  ...({ channel: 'shop', updateId, status: 'waiting', receivedAt: 0 } as const),
  facts: { code: 'ü'.repeat(10) },
  ...change,
});

const BYTES = Buffer.byteLength(JSON.stringify({ code: 'ü'.repeat(10) }));

test('what waits is counted with its bytes, by channel and together, also by an object that begins', () =>
  inStore((store, reopen) => {
    for (const id of ['1', '2']) store.insert(update(id));
    store.insert(update('1', { channel: 'desk' }));
    store.insert(update('3', { status: 'refused' }));
    for (const open of [store, reopen()]) {
      expect(open.load('shop').own).toEqual({ updates: 2, bytes: 2 * BYTES });
      expect(open.load('desk').own).toEqual({ updates: 1, bytes: BYTES });
      expect(open.load('else').own).toEqual(EMPTY_LOAD);
      expect(open.load('else').all).toEqual({ updates: 3, bytes: 3 * BYTES });
    }
  }));

test('what is settled or gone counts no more, and what changes counts as it is', () =>
  inStore((store, reopen) => {
    const [first, second] = ['1', '2'].map((id) => store.find(store.insert(update(id))));
    if (first === undefined || second === undefined) throw new Error('not stored');
    store.setFacts(first, { code: '' });
    const left = { updates: 2, bytes: BYTES + Buffer.byteLength(JSON.stringify({ code: '' })) };
    for (const open of [store, reopen()]) expect(open.load('shop').own).toEqual(left);
    store.settle(second, 'answered', {});
    expect(store.load('shop').own).toEqual({ updates: 1, bytes: left.bytes - BYTES });
    store.removeChannel('shop');
    // The turn of one that was removed may still end.
    store.settle(first, 'answered', {});
    expect(store.load('shop').own).toEqual(EMPTY_LOAD);
    expect(store.isEmpty()).toBe(true);
  }));

test('the queue is what waits, in the order in which it came, each with its lane', () =>
  inStore((store) => {
    const lanes = ['a', 'b', 'a'] as never[];
    const seqs = lanes.map((sessionId, n) =>
      store.insert(update(`${n}`, { facts: { sessionId } })),
    );
    store.insert(update('r', { status: 'refused' }));
    expect([...store.queue()]).toEqual(
      lanes.map((lane, n) => ({ channel: 'shop', lane, seq: seqs[n] })),
    );
  }));

test('no number is given twice, also when the newest updates are gone', () =>
  inStore((store, reopen) => {
    const seqs = ['1', '2', '3'].map((id) => store.insert(update(id, { status: 'refused' })));
    expect(seqs).toEqual([1, 2, 3]);
    store.sweep(9 * DAY_MS);
    expect(store.find(3)).toBeUndefined();
    expect(reopen().insert(update('4'))).toBe(4);
    store.forget();
    expect(store.insert(update('5'))).toBe(5);
  }));

test('turns that may be under way are those of the first update of each sender in each session', () =>
  inStore((store) => {
    const place = (sessionId: string, principal: string, more: object = {}) => ({
      facts: {
        sessionId,
        principal,
        update: { sender: principal },
        ...more,
      } as StoredUpdate['facts'],
    });
    store.insert(update('1', place('sess_a', 'ann')));
    store.insert(update('2', place('sess_a', 'ann')));
    store.insert(update('3', place('sess_a', 'bob', { turnId: 'turn_b' })));
    store.insert(update('4', place('sess_b', 'ann')));
    store.insert(update('5', { channel: 'desk', ...place('sess_c', 'ann') }));
    store.insert(update('6', { status: 'answered', ...place('sess_d', 'ann') }));
    const [a, b] = ['sess_a', 'sess_b'].map((sessionId) => ({ sessionId, principal: 'ann' }));
    expect(store.turnsOf('shop')).toEqual([
      { ...a, updateId: '1' },
      { sessionId: 'sess_a', principal: 'bob', updateId: '3', turnId: 'turn_b' },
      { ...b, updateId: '4' },
    ]);
    expect(store.turnsOf('shop', 'ann').map(({ updateId }) => updateId)).toEqual(['1', '4']);
  }));
