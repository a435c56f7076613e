import { expect, test } from 'vitest';
import { ChatStore } from '../../../src/blocks/channel/chat-store.ts';
import { inScratchObject } from '../kit/scratch-object.ts';

const DAY_MS = 86_400_000;
const ann = { channel: 'shop', chat: 'ann' };
const bob = { channel: 'shop', chat: 'bob' };

const inStore = (use: (store: ChatStore) => void) =>
  inScratchObject(({ sql }) => {
    const store = new ChatStore(sql);
    store.createTables();
    use(store);
  });

test('cursors of a chat grow, also when the clock goes back or much comes at once', () =>
  inStore((store) => {
    const cursors = [100, 100, 50].map((now, reply) => store.append(ann, reply, now));
    expect(cursors).toEqual([100, 101, 102]);
    expect(store.newest(ann)).toBe(102);
    expect(store.newest(bob)).toBe(0);
  }));

test('a reader gets what comes after his cursor, of his own chat alone, in order', () =>
  inStore((store) => {
    for (const [chat, reply] of [
      [ann, 1],
      [bob, 2],
      [ann, 3],
    ] as const)
      store.append(chat, reply, 7);
    expect(store.after(ann, 0).map(({ reply }) => reply)).toEqual([1, 3]);
    expect(store.after(ann, 7).map(({ reply }) => reply)).toEqual([3]);
    expect(store.after(ann, 8)).toEqual([]);
  }));

test('what is eight days old is forgotten, and no cursor comes twice for it', () =>
  inStore((store) => {
    const old = store.append(ann, 1, 5);
    store.sweep(8 * DAY_MS + 5);
    expect(store.after(ann, 0)).toHaveLength(1);
    store.sweep(8 * DAY_MS + 6);
    expect(store.after(ann, 0)).toEqual([]);
    expect(store.append(ann, 2, 8 * DAY_MS)).toBeGreaterThan(old);
  }));

test('a ticket is used once, and remembered until it is over', () =>
  inStore((store) => {
    expect([store.useTicket('t', 10), store.useTicket('t', 10)]).toEqual([true, false]);
    store.sweep(10);
    expect(store.useTicket('t', 10)).toBe(false);
    store.sweep(11);
    expect(store.useTicket('t', 10)).toBe(true);
  }));
