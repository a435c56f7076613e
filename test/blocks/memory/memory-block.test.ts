import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test, vi } from 'vitest';
import type { MemoryApi } from '../../../src/blocks/memory/memory-api.ts';
import type { MemoryBlock } from '../../../src/blocks/memory/memory-block.ts';
import { MemoryStore } from '../../../src/blocks/memory/memory-store.ts';
import { packVector } from '../../../src/core/embedding/packed-vector.ts';
import { MEMORY_LIMITS } from '../../../src/core/memory/memory.ts';
import { NOTES_OF_SUMMARY } from '../../../src/core/memory/summarise.ts';
import { type Label, PRINCIPAL_LABEL, UNTRUSTED_LABEL } from '../../../src/core/policy/labels.ts';

const OWNER = 'user:ann';
const ACTOR = { name: OWNER, requestId: 'req' };
const SOON = { timeout: 20_000, interval: 100 };

/** The full types of its stubs are too deep for the compiler. */
const { MEMORIES } = env as unknown as {
  readonly MEMORIES: DurableObjectNamespace<MemoryBlock>;
};
let scenes = 0;

function scene() {
  scenes += 1;
  const stub = MEMORIES.getByName(`memory-${scenes}`);
  const memory = stub as unknown as MemoryApi;
  let calls = 0;
  const remember = (
    text: string,
    change: {
      owner?: string;
      label?: Label;
      fact?: readonly [string, string];
      callKey?: string;
    } = {},
  ) => {
    calls += 1;
    const { owner = OWNER, label = PRINCIPAL_LABEL, fact, callKey = `turn/0/${calls}` } = change;
    const source = { session: 'session', callKey, tool: 'memory-remember' };
    const draft = { text, ...(fact && { subject: fact[0], predicate: fact[1] }) };
    return memory.remember({ owner, draft, source, label });
  };
  const recall = async (query: string, trustedOnly = false) =>
    (await memory.recall({ owner: OWNER, query, limit: 20, trustedOnly })).map(({ text }) => text);
  return { stub, memory, remember, recall };
}

const FULL = { kind: 'refused', reason: 'memory_full' };

/** As many rows as asked for, without a call for each. */
function fill(stub: ReturnType<typeof scene>['stub'], rows: number, owner = OWNER) {
  return runInDurableObject(stub, (_, { storage }) => {
    storage.sql.exec(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
       INSERT INTO memories (id, owner, kind, body, integrity, confidentiality, session, call_key,
         tool, remembered_at) SELECT 'f' || i, ?, 'fact', 'x', 'trusted', 'workspace', 's', 'c' || i,
         't', 1 FROM n`,
      rows,
      owner,
    );
  });
}

describe('the memory of a workspace', () => {
  test('remembers a call once, however often it is made', async () => {
    const { memory, remember } = scene();
    const first = await remember('One', { callKey: 'turn/0/0' });
    expect(await remember('One', { callKey: 'turn/0/0' })).toEqual(first);
    expect((await memory.exportRows(ACTOR, OWNER, 0)).memories).toHaveLength(1);
  });

  test.each(['"', 'a OR b', 'NEAR(a b)', 'body:other', '-x', "'; DROP TABLE memories;--", '*'])(
    'reads %j as words and nothing else',
    async (query) => {
      const { remember, recall } = scene();
      await remember('secret');
      expect(await recall(query)).toEqual([]);
      expect(await recall('secret')).toEqual(['secret']);
    },
  );

  test.each([
    ['東京', '私は東京に住んでいます'],
    ['北京哪里', '我住在北京'],
    ['กรุงเทพ', 'ฉันอยู่ที่กรุงเทพ'],
    ['ｂｏｎｎ', 'Lives in Bonn'],
  ])('finds %j in %j', async (query, text) => {
    const { remember, recall } = scene();
    await remember(text);
    await remember('something else, 他の物, อื่น');
    expect(await recall(query)).toEqual([text]);
  });

  test('indexes anew what was remembered before it knew scripts without spaces', async () => {
    const { stub, remember, recall } = scene();
    await remember('私は東京に住んでいます');
    await runInDurableObject(stub, (_, { storage: { sql } }) => {
      sql.exec('DELETE FROM memory_terms');
      sql.exec('CREATE VIRTUAL TABLE memory_words USING fts5 (subject, predicate, body)');
      const memories = new MemoryStore(sql);
      memories.createTables();
      memories.createTables();
      expect(
        sql.exec("SELECT 1 FROM sqlite_master WHERE name GLOB 'memory_words*'").toArray(),
      ).toEqual([]);
    });
    expect(await recall('東京')).toEqual(['私は東京に住んでいます']);
  });

  test('indexes anew what an earlier version has remembered and forgotten that was run in between', async () => {
    const { stub, remember, recall } = scene();
    await remember('forgotten');
    await remember('私は東京に住んでいます');
    await remember('what it remembers');
    await runInDurableObject(stub, (_, { storage: { sql } }) => {
      sql.exec('CREATE VIRTUAL TABLE memory_words USING fts5 (subject, predicate, body)');
      sql.exec("DELETE FROM memories WHERE body = 'forgotten'");
      sql.exec("DELETE FROM memory_terms WHERE body = 'what it remembers'");
      new MemoryStore(sql).createTables();
      expect(sql.exec("SELECT 1 FROM memory_terms WHERE body = 'forgotten'").toArray()).toEqual([]);
      const forGood = "SELECT v FROM memory_terms_config WHERE k = 'secure-delete'";
      expect(sql.exec(forGood).toArray()).toEqual([{ v: 1 }]);
    });
    expect(await recall('東京')).toEqual(['私は東京に住んでいます']);
    expect(await recall('remembers')).toEqual(['what it remembers']);
  });

  test('puts the best first, and leaves out the untrusted where that is asked for', async () => {
    const { remember, recall } = scene();
    await remember('tea');
    await remember('green tea from Uji', { label: UNTRUSTED_LABEL });
    expect(await recall('green tea uji')).toEqual(['green tea from Uji', 'tea']);
    expect(await recall('green tea uji', true)).toEqual(['tea']);
  });

  test('lets no outsider replace or forget what the user said', async () => {
    const { memory, remember, recall } = scene();
    const fact = ['Bank', 'account'] as const;
    const own = await remember('DE11', { fact });
    await remember('XX99', { fact, label: UNTRUSTED_LABEL });
    expect((await recall('bank')).sort()).toEqual(['DE11', 'XX99']);
    const id = own.kind === 'remembered' ? own.id : '';
    expect(await memory.forget({ owner: OWNER, id, label: UNTRUSTED_LABEL })).toBe('not_allowed');
    await remember('DE22', { fact });
    expect(await recall('bank')).toEqual(['DE22']);
  });

  test('knows a fact again in whatever case and form its subject is written', async () => {
    const { remember, recall } = scene();
    for (const subject of ['Zo\u00eb', 'ZO\u00cb', 'zoe\u0308']) {
      await remember(`of ${subject}`, { fact: [subject, 'Lives In'] });
    }
    await remember('of another', { fact: ['Zoe', 'lives in'] });
    expect((await recall('of')).sort()).toEqual(['of another', 'of zoe\u0308']);
  });

  test('has room for so many rows of an owner, and for those of others besides', async () => {
    const { stub, remember } = scene();
    await fill(stub, MEMORY_LIMITS.rows - 1);
    expect(await remember('last')).toMatchObject({ kind: 'remembered' });
    expect(await remember('too many')).toEqual(FULL);
    expect(await remember('other', { owner: 'user:bob' })).toMatchObject({ kind: 'remembered' });
  });

  test('has room for so many rows of a workspace', async () => {
    const { stub, remember } = scene();
    await fill(stub, MEMORY_LIMITS.workspaceRows - 1, 'user:bob');
    expect(await remember('last')).toMatchObject({ kind: 'remembered' });
    expect(await remember('too many')).toEqual(FULL);
  });

  test('has room for so many characters of an owner', async () => {
    const { stub, remember } = scene();
    await fill(stub, 1);
    await runInDurableObject(stub, (_, { storage }) => {
      const left = 'x'.repeat(MEMORY_LIMITS.characters - 4);
      storage.sql.exec('UPDATE memories SET body = ?', left);
    });
    expect(await remember('12345')).toEqual(FULL);
    expect(await remember('1234')).toMatchObject({ kind: 'remembered' });
  });

  test('summarises notes behind everybody’s back, and keeps them', async () => {
    const { memory, remember, recall } = scene();
    for (let index = 1; index < NOTES_OF_SUMMARY; index++) await remember(`Note ${index}. More.`);
    await remember('The last one.', { label: UNTRUSTED_LABEL });
    const all = async () => (await memory.exportRows(ACTOR, OWNER, 0)).memories;
    expect(await all()).toHaveLength(NOTES_OF_SUMMARY);
    await vi.waitFor(async () => expect(await all()).toHaveLength(NOTES_OF_SUMMARY + 1), SOON);
    const summary = (await all()).at(-1);
    expect(summary).toMatchObject({ kind: 'summary', label: UNTRUSTED_LABEL });
    expect(summary?.text.split('\n')).toHaveLength(NOTES_OF_SUMMARY);
    expect(summary?.text).toContain('- The last one.');
    expect(await recall('last one', true)).toEqual([]);
  });

  test('forgets a note with the summary that it is in', async () => {
    const { memory, remember, recall } = scene();
    for (let index = 1; index < NOTES_OF_SUMMARY; index++) await remember(`Note ${index}.`);
    const secret = await remember('The zebra code.');
    const find = () => recall('zebra');
    await vi.waitFor(async () => expect(await find()).toHaveLength(2), SOON);
    const id = secret.kind === 'remembered' ? secret.id : '';
    await memory.forget({ owner: OWNER, id, label: PRINCIPAL_LABEL });
    expect(await find()).toEqual([]);
    expect(await recall('note')).toContain('Note 31.');
  });

  test('shows all of it in parts, and deletes all of it', async () => {
    const { stub, memory, remember, recall } = scene();
    await remember('mine');
    await remember('theirs', { owner: 'user:bob' });
    await fill(stub, 200);
    const first = await memory.exportRows(ACTOR, OWNER, 0);
    expect(first.memories).toHaveLength(200);
    const second = await memory.exportRows(ACTOR, OWNER, first.next ?? 0);
    expect([second.memories.length, second.next]).toEqual([1, undefined]);
    expect(await memory.erase(ACTOR, OWNER)).toBe(201);
    expect(await recall('mine')).toEqual([]);
    const words = await runInDurableObject(stub, (_, { storage }) =>
      storage.sql.exec('SELECT body FROM memory_terms').toArray(),
    );
    expect(words).toEqual([{ body: 'theirs' }]);
  });
});

test('what was deleted is in no table of the index either, and in no summary or vector', async () => {
  const { stub, memory, remember } = scene();
  await remember('zanzibar is warm');
  await remember('zanzibar is far', { owner: 'user:bob' });
  await memory.erase(ACTOR, OWNER);
  const left = await runInDurableObject(stub, (_, { storage }) => {
    const tables = storage.sql
      .exec<{ name: string }>(
        "SELECT name FROM sqlite_master WHERE name GLOB 'memor*' AND type = 'table'",
      )
      .toArray();
    const texts = tables.flatMap(({ name }) =>
      storage.sql.exec(`SELECT * FROM ${name}`).toArray().flatMap(Object.values).map(toText),
    );
    return texts.join('\n');
  });
  expect(left).toContain('far');
  expect(left).not.toContain('warm');
});

const toText = (value: unknown) =>
  value instanceof ArrayBuffer ? Buffer.from(value).toString('latin1') : String(value);

describe('vectors', () => {
  const MODEL = 'compatible/embed';
  const toVector = (places: readonly number[]) => packVector(places) ?? new Uint8Array();
  const NORTH = toVector([1, 0.1]);
  const EAST = toVector([0.1, 1]);

  /** Each of the notes, with the vector that stands beside it. */
  async function withVectors(
    notes: readonly (readonly [text: string, vector: Uint8Array, label?: Label])[],
  ) {
    const { memory, ...rest } = scene();
    for (const [text, , label] of notes) await rest.remember(text, label && { label });
    const rows = await memory.unembedded(OWNER, MODEL);
    const vectors = rows.map(({ id, text }) => {
      const vector = notes.find(([note]) => note === text)?.[1] ?? NORTH;
      return { id, model: MODEL, vector };
    });
    await memory.keepVectors(OWNER, vectors);
    const near = async (vector: Uint8Array, change: object = {}) => {
      const embedded = { model: MODEL, vector };
      const order = { owner: OWNER, query: 'nothing', limit: 20, trustedOnly: false, embedded };
      return (await memory.recall({ ...order, ...change })).map(({ text }) => text);
    };
    return { memory, near, ...rest };
  }

  test('find what no word finds, and what both find comes first', async () => {
    const { near } = await withVectors([
      ['alpha', NORTH],
      ['beta', EAST],
      ['gamma', NORTH],
    ]);
    expect(await near(NORTH)).toEqual(['alpha', 'gamma']);
    expect(await near(NORTH, { query: 'gamma beta' })).toEqual(['gamma', 'alpha', 'beta']);
    expect(await near(NORTH, { limit: 1 })).toEqual(['alpha']);
  });

  test('bring nothing into a trusted slot that outsiders have shaped', async () => {
    const { near } = await withVectors([
      ['mine', NORTH],
      ['theirs', NORTH, UNTRUSTED_LABEL],
    ]);
    expect(await near(NORTH)).toEqual(['mine', 'theirs']);
    expect(await near(NORTH, { trustedOnly: true })).toEqual(['mine']);
  });

  test('reach nothing of another owner, and are kept for nobody else', async () => {
    const { memory, near } = await withVectors([['mine', NORTH]]);
    expect(await near(NORTH, { owner: 'user:bob' })).toEqual([]);
    const { memories } = await memory.exportRows(ACTOR, OWNER, 0);
    const id = memories[0]?.id ?? '';
    await memory.keepVectors('user:bob', [{ id, model: MODEL, vector: EAST }]);
    expect(await near(NORTH)).toEqual(['mine']);
    expect(await memory.unembedded('user:bob', MODEL)).toEqual([]);
  });

  test('of one model are never compared with those of another', async () => {
    const { memory, near } = await withVectors([['mine', NORTH]]);
    const other = { model: 'other/embed', vector: NORTH };
    expect(await near(NORTH, { embedded: other })).toEqual([]);
    expect(await memory.unembedded(OWNER, MODEL)).toEqual([]);
    expect(await memory.unembedded(OWNER, 'other/embed')).toMatchObject([{ text: 'mine' }]);
  });

  test('go with what they are of', async () => {
    const { memory, near, stub, remember } = await withVectors([['mine', NORTH]]);
    await remember('Rome', { fact: ['Ada', 'lives in'] });
    await memory.keepVectors(
      OWNER,
      (await memory.unembedded(OWNER, MODEL)).map(({ id, text }) => {
        expect(text).toBe('Ada lives in Rome');
        return { id, model: MODEL, vector: NORTH };
      }),
    );
    await remember('Paris', { fact: ['Ada', 'lives in'] });
    expect(await near(NORTH)).toEqual(['mine']);
    await memory.erase(ACTOR, OWNER);
    expect(await near(NORTH)).toEqual([]);
    const left = await runInDurableObject(stub, (_, { storage }) =>
      storage.sql.exec('SELECT count(*) AS rows FROM memory_vectors').one(),
    );
    expect(left).toEqual({ rows: 0 });
  });

  test('are added to what was remembered with its own', async () => {
    const { memory } = scene();
    const source = { session: 's', callKey: 'turn/0/1', tool: 'memory-remember' };
    const embedded = { model: MODEL, vector: NORTH };
    const order = { owner: OWNER, draft: { text: 'mine' }, source, label: PRINCIPAL_LABEL };
    await memory.remember({ ...order, embedded });
    expect(await memory.unembedded(OWNER, MODEL)).toEqual([]);
  });
});
