import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { ChunkedValues } from '../../../src/blocks/kit/chunked-values.ts';
import { MessageStore } from '../../../src/blocks/session/message-store.ts';
import { createSessionTables } from '../../../src/blocks/session/schema.ts';
import type { Message } from '../../../src/core/conversation/message.ts';
import { PRINCIPAL_LABEL } from '../../../src/core/policy/labels.ts';
import { openFixture } from './support/session-fixture.ts';

const say = (content: string): Message => ({ role: 'user', content, label: PRINCIPAL_LABEL });

async function withStore(use: (store: MessageStore) => void): Promise<void> {
  await runInDurableObject(openFixture().connect(), (_, { storage: { sql } }) => {
    const values = new ChunkedValues(sql);
    values.createTable();
    createSessionTables(sql);
    use(new MessageStore(sql, values));
  });
}

const contents = (messages: readonly Message[]): string[] =>
  messages.map(({ content }) => content.slice(0, 8));

const LONG = 'x'.repeat(400_000);

describe('MessageStore.history()', () => {
  it('ends with what the turn was given, before anything that its own runs have added', () =>
    withStore((store) => {
      store.append([say('system')]);
      store.append([say('one')], { turn: 1, kind: 'input' });
      store.append([say('answer')], { turn: 1, kind: 'round' });
      store.append([say('two')], { turn: 2, kind: 'input' });
      store.append([say('torn')], { turn: 2, kind: 'round' });
      expect(contents(store.history(2))).toEqual(['system', 'one', 'answer', 'two']);
      expect(contents(store.history(1))).toEqual(['system', 'one']);
    }));

  it('leaves out the oldest turns, each as a whole, when it grows too long', () =>
    withStore((store) => {
      store.append([say('system')]);
      store.append([say('oldest')], { turn: 1, kind: 'input' });
      store.append([say('older'), say(`old ${LONG}`)], { turn: 2, kind: 'input' });
      store.append([say('answer')], { turn: 2, kind: 'round' });
      store.append([say(`three${LONG}`)], { turn: 3, kind: 'input' });
      store.append([say(`four${LONG}`)], { turn: 4, kind: 'input' });
      store.append([say('now')], { turn: 5, kind: 'input' });
      expect(contents(store.history(5))).toEqual(['system', 'threexxx', 'fourxxxx', 'now']);
    }));

  it('never leaves out what the turn was given, however long', () =>
    withStore((store) => {
      store.append([say('system')]);
      store.append([say('before')], { turn: 1, kind: 'input' });
      const input = [say(LONG), say(LONG), say(LONG)];
      store.append(input, { turn: 2, kind: 'input' });
      expect(store.history(2)).toHaveLength(5);
    }));
});

describe('MessageStore.page()', () => {
  it('ends a page early when the messages are long, and goes on where it ended', () =>
    withStore((store) => {
      const huge = say('x'.repeat(2_500_000));
      store.append([huge, huge, say('last')], { turn: 1, kind: 'input' });
      const first = store.page(0, 10);
      expect(first.messages).toHaveLength(2);
      expect(contents(store.page(first.next ?? 0, 10).messages)).toEqual(['last']);
    }));

  it('names a next page only if there is one', () =>
    withStore((store) => {
      store.append([say('a'), say('b')], { turn: 1, kind: 'input' });
      expect(store.page(0, 2)).not.toHaveProperty('next');
      expect(store.page(0, 1)).toMatchObject({ next: 1 });
      expect(store.page(2, 1)).toEqual({ messages: [] });
    }));
});

describe('MessageStore.replaceSystem()', () => {
  const begin = (store: MessageStore, system: string[]) => {
    store.append(system.map(say));
    store.append([say('one')], { turn: 1, kind: 'input' });
  };

  it('puts another before everything, also where there was none, and none where there was one', () =>
    withStore((store) => {
      begin(store, ['first']);
      for (const system of [['second'], [], ['third']]) {
        store.replaceSystem(system.map(say));
        expect(contents(store.history(1))).toEqual([...system, 'one']);
        store.forget();
        expect(contents(store.history(1))).toEqual([...system, 'one']);
        expect(contents(store.page(0, 10).messages)).toEqual([...system, 'one']);
      }
    }));

  it('goes on in order with what is said afterwards', () =>
    withStore((store) => {
      begin(store, []);
      store.replaceSystem([say(LONG)]);
      store.append([say('two')], { turn: 2, kind: 'input' });
      expect(contents(store.history(2))).toEqual(['xxxxxxxx', 'one', 'two']);
      store.replaceSystem([say('short')]);
      expect(contents(store.history(2))).toEqual(['short', 'one', 'two']);
    }));
});
