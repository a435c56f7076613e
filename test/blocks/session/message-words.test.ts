import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { ChunkedValues } from '../../../src/blocks/kit/chunked-values.ts';
import { Tables } from '../../../src/blocks/kit/tables.ts';
import { MessageStore } from '../../../src/blocks/session/message-store.ts';
import { MessageWords } from '../../../src/blocks/session/message-words.ts';
import { createSessionTables } from '../../../src/blocks/session/schema.ts';
import type { Message } from '../../../src/core/conversation/message.ts';
import { PRINCIPAL_LABEL } from '../../../src/core/policy/labels.ts';
import { openFixture } from './support/session-fixture.ts';

const say = (content: string, role: 'user' | 'system' = 'user'): Message => ({
  ...{ role, content, label: PRINCIPAL_LABEL },
});

/** As it is where what is written is sealed, or is not. */
class SomeValues extends ChunkedValues {
  isSealed = false;

  override get seals(): boolean {
    return this.isSealed;
  }
}

interface Scene {
  readonly sql: SqlStorage;
  readonly store: MessageStore;
  readonly values: SomeValues;
  readonly find: (text: string, limit?: number) => readonly string[];
  readonly hasIndex: () => boolean;
}

/** Messages whose words are there. */
function indexedIn(sql: SqlStorage): number {
  if (!new Tables(sql).has('message_terms')) return 0;
  return sql.exec<{ n: number }>('SELECT count(*) AS n FROM message_terms_docsize').one().n;
}

async function withScene(use: (scene: Scene) => void): Promise<void> {
  await runInDurableObject(openFixture().connect(), (_, { storage: { sql } }) => {
    const values = new SomeValues(sql);
    values.createTable();
    createSessionTables(sql);
    const store = new MessageStore(sql, values);
    const words = new MessageWords(sql, { messages: store, values }, new Tables(sql));
    const find = (text: string, limit = 10) =>
      words.search(text, limit).map(({ seq, message }) => `${seq} ${message.content}`);
    use({ sql, store, values, find, hasIndex: () => indexedIn(sql) > 0 });
  });
}

describe('MessageWords.search()', () => {
  it('finds messages by the beginnings of their words, the best first, with their numbers', () =>
    withScene(({ store, find }) => {
      store.append([say('The secret system note', 'system')]);
      store.append([say('Crêpes and dogs'), say('Dogs bark')], { turn: 1, kind: 'input' });
      expect(find('crepe dog')).toEqual(['2 Crêpes and dogs', '3 Dogs bark']);
      expect(find('crepe dog', 1)).toEqual(['2 Crêpes and dogs']);
      expect(find('secret')).toEqual([]);
      expect(find('"; DROP')).toEqual([]);
    }));

  it('finds words of scripts without spaces, sealed or not', () =>
    withScene(({ store, values, find }) => {
      store.append([say('私は東京に住んでいます'), say('京都')], { turn: 1, kind: 'input' });
      expect(find('東京')).toEqual(['1 私は東京に住んでいます']);
      values.isSealed = true;
      expect(find('東京')).toEqual(['1 私は東京に住んでいます']);
    }));

  it('finds what came since somebody last searched', () =>
    withScene(({ store, find }) => {
      store.append([say('first zebra')], { turn: 1, kind: 'input' });
      expect(find('zebra')).toHaveLength(1);
      store.append([say('second zebra')], { turn: 2, kind: 'input' });
      expect(find('zebra')).toHaveLength(2);
    }));

  it('keeps no index of what is sealed, and finds it all the same', () =>
    withScene(({ store, values, find, hasIndex }) => {
      store.append([say('first zebra')], { turn: 1, kind: 'input' });
      expect(hasIndex()).toBe(false);
      find('zebra');
      expect(hasIndex()).toBe(true);
      values.isSealed = true;
      store.append([say('second zebra')], { turn: 2, kind: 'input' });
      expect(find('ZEBR')).toEqual(['2 second zebra', '1 first zebra']);
      expect(find('ZEBR', 1)).toEqual(['2 second zebra']);
      expect(hasIndex()).toBe(false);
    }));

  it('keeps no index of an earlier version either of what is sealed since', () =>
    withScene(({ sql, store, values, find }) => {
      store.append([say('first zebra')], { turn: 1, kind: 'input' });
      sql.exec("CREATE VIRTUAL TABLE message_words USING fts5 (body, content = '')");
      sql.exec("INSERT INTO message_words (rowid, body) VALUES (1, 'first zebra')");
      values.isSealed = true;
      expect(find('zebra')).toEqual(['1 first zebra']);
      const left = 'SELECT count(*) AS n FROM message_words_docsize';
      expect(sql.exec<{ n: number }>(left).one().n).toBe(0);
    }));
});
