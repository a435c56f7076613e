import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, test } from 'vitest';
import { STORAGE_LIMITS } from '../../../src/blocks/storage/storage-api.ts';
import { type Label, PRINCIPAL_LABEL, UNTRUSTED_LABEL } from '../../../src/core/policy/labels.ts';
import { bytes, storageScene, stubOf } from './storage-fixture.ts';

const refused = (reason: string) => ({ answer: { kind: 'refused', reason } });
const DONE = { answer: { kind: 'done' } };

describe('the storage of a plugin', () => {
  test('keeps what it was given, over a loss of memory', async () => {
    const scene = storageScene();
    expect(await scene.get('a')).toBeUndefined();
    expect(await scene.set('a', 'one')).toMatchObject(DONE);
    await scene.evict();
    expect(await scene.get('a')).toBe('one');
    await scene.set('a', 'two');
    expect(await scene.get('a')).toBe('two');
    await scene.delete('a');
    expect(await scene.get('a')).toBeUndefined();
  });

  test('holds bytes, whichever', async () => {
    const { ask } = storageScene();
    const key = new Uint8Array([0, 0xff, 0x27, 0]);
    const value = new Uint8Array(256).map((_, byte) => byte);
    await ask({ kind: 'set', key, value });
    expect(await ask({ kind: 'get', key })).toMatchObject({ answer: { kind: 'value', value } });
  });

  test('adds only what is not there', async () => {
    const scene = storageScene();
    expect(await scene.add('a', 'one')).toMatchObject(DONE);
    expect(await scene.add('a', 'two')).toMatchObject(refused('key_exists'));
    expect(await scene.get('a')).toBe('one');
    await scene.delete('a');
    expect(await scene.add('a', 'two')).toMatchObject(DONE);
  });

  test('of several that add the same key at once, one does', async () => {
    const scene = storageScene();
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((value) => scene.add('key', value)));
    expect(answers.filter(({ answer }) => answer.kind === 'done')).toHaveLength(1);
  });

  test('does not tell by deleting whether there was one', async () => {
    const scene = storageScene();
    await scene.set('a', 'one');
    expect(await scene.delete('a')).toEqual(await scene.delete('never there'));
  });

  test('is nobody else’s: neither another plugin nor another workspace sees it', async () => {
    const scene = storageScene('notes');
    await scene.set('a', 'one');
    for (const other of [storageScene('other', scene.workspace), storageScene('notes')]) {
      expect(await other.get('a')).toBeUndefined();
      expect(await other.list()).toEqual([]);
    }
  });

  test('leaves nothing on disk of a plugin that only ever read', async () => {
    const scene = storageScene('reader');
    expect(await scene.get('a')).toBeUndefined();
    expect(await scene.list()).toEqual([]);
    await scene.delete('a');
    const tables = await runInDurableObject(stubOf(`${scene.workspace}/reader`), (_, state) =>
      state.storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'entries'").toArray(),
    );
    expect(tables).toEqual([]);
  });
});

describe('a list', () => {
  test('is in the order of bytes, by prefix, from behind a key, and of at most so many', async () => {
    const scene = storageScene();
    for (const key of ['b/2', 'a', 'b/10', 'b', 'c', 'b/1', 'b0']) await scene.set(key, 'x');
    expect(await scene.list()).toEqual(['a', 'b', 'b/1', 'b/10', 'b/2', 'b0', 'c']);
    expect(await scene.list('b/')).toEqual(['b/1', 'b/10', 'b/2']);
    expect(await scene.list('b/', 'b/10')).toEqual(['b/2']);
    expect(await scene.list('b/', 'a')).toEqual(['b/1', 'b/10', 'b/2']);
    expect(await scene.list('b/', 'c')).toEqual([]);
    expect(await scene.list('b', '', 2)).toEqual(['b', 'b/1']);
    expect(await scene.list('%')).toEqual([]);
  });

  test('takes prefixes for bytes, also those behind which nothing comes', async () => {
    const { ask } = storageScene();
    const keys = [[0xff], [0xff, 0xff], [0xff, 0xff, 1], [0xfe, 0xff], [0xfe, 0xff, 1]];
    for (const key of keys) {
      await ask({ kind: 'set', key: new Uint8Array(key), value: new Uint8Array(1) });
    }
    const list = async (...prefix: number[]) => {
      const request = { after: new Uint8Array(0), limit: 100 };
      const { answer } = await ask({ kind: 'list', prefix: new Uint8Array(prefix), ...request });
      return answer.kind === 'entries' && answer.entries.map(({ key }) => [...key]);
    };
    expect(await list(0xff, 0xff)).toEqual([keys[1], keys[2]]);
    expect(await list(0xfe, 0xff)).toEqual([keys[3], keys[4]]);
    expect(await list(0xfe)).toEqual([keys[3], keys[4]]);
  });

  test('gives no more than fits, and comes to its end by going on', async () => {
    const scene = storageScene();
    const value = 'v'.repeat(STORAGE_LIMITS.value);
    const keys = Array.from({ length: 9 }, (_, index) => `k${index}`);
    for (const key of keys) await scene.set(key, value);
    const seen: string[] = [];
    for (let page = await scene.list(); page.length > 0; page = await scene.list('', seen.at(-1))) {
      expect(page.length).toBeLessThanOrEqual(4);
      seen.push(...page);
    }
    expect(seen).toEqual(keys);
  });
});

describe('the limits', () => {
  test.each([
    [0, 'key_invalid'],
    [1, undefined],
    [STORAGE_LIMITS.key, undefined],
    [STORAGE_LIMITS.key + 1, 'key_invalid'],
  ])('of a key, with %i bytes', async (length, reason) => {
    const { ask } = storageScene();
    const key = new Uint8Array(length).fill(0x61);
    const expected = reason === undefined ? {} : refused(reason);
    expect(await ask({ kind: 'set', key, value: bytes('x') })).toMatchObject(expected);
    expect(await ask({ kind: 'get', key })).toMatchObject(expected);
    expect(await ask({ kind: 'delete', key })).toMatchObject(expected);
    const { answer } = await ask({ kind: 'add', key, value: bytes('x') });
    expect(answer.kind).toBe(reason === undefined ? 'done' : 'refused');
  });

  test.each([
    [0, 'value_invalid'],
    [1, undefined],
    [STORAGE_LIMITS.value, undefined],
    [STORAGE_LIMITS.value + 1, 'value_invalid'],
  ])('of a value, with %i bytes', async (length, reason) => {
    const scene = storageScene();
    const expected = reason === undefined ? DONE : refused(reason);
    expect(await scene.set('a', 'v'.repeat(length))).toMatchObject(expected);
    expect(await scene.add('b', 'v'.repeat(length))).toMatchObject(expected);
  });

  test.each([
    [0, false],
    [1, true],
    [STORAGE_LIMITS.listed, true],
    [STORAGE_LIMITS.listed + 1, false],
    [1.5, false],
    [Number.NaN, false],
    [-1, false],
  ])('of a list, with %d', async (limit, isOk) => {
    const { ask } = storageScene();
    const nothing = new Uint8Array(0);
    const request = { kind: 'list', prefix: nothing, after: nothing, limit } as const;
    expect(await ask(request)).toMatchObject(isOk ? {} : refused('limit_invalid'));
    const long = new Uint8Array(STORAGE_LIMITS.key + 1);
    expect(await ask({ ...request, prefix: long })).toMatchObject(refused('key_invalid'));
    expect(await ask({ ...request, after: long })).toMatchObject(refused('key_invalid'));
  });

  test('of all bytes: to the last one, and what is deleted or replaced is free again', async () => {
    const scene = storageScene();
    const value = 'v'.repeat(STORAGE_LIMITS.value - 2);
    for (let index = 10; index < 26; index++) await scene.set(`${index}`, value);
    expect(await scene.set('x', 'y')).toMatchObject(refused('storage_full'));
    await scene.evict();
    expect(await scene.set('x', 'y')).toMatchObject(refused('storage_full'));
    expect(await scene.set('10', `${value}v`)).toMatchObject(refused('storage_full'));
    expect(await scene.get('10')).toBe(value);
    expect(await scene.set('10', value.slice(2))).toMatchObject(DONE);
    expect(await scene.set('x', 'yz')).toMatchObject(refused('storage_full'));
    expect(await scene.set('x', 'y')).toMatchObject(DONE);
    await scene.delete('11');
    expect(await scene.set('11', value)).toMatchObject(DONE);
    expect(await scene.set('z', 'y')).toMatchObject(refused('storage_full'));
  });

  test('of keys: to the last one, and a deleted one is free again', async () => {
    const scene = storageScene();
    const all = Array.from({ length: STORAGE_LIMITS.keys }, (_, index) => `k${index}`);
    await Promise.all(all.map((key) => scene.set(key, 'v')));
    expect(await scene.set('one more', 'v')).toMatchObject(refused('too_many_keys'));
    expect(await scene.add('one more', 'v')).toMatchObject(refused('too_many_keys'));
    expect(await scene.set('k7', 'other')).toMatchObject(DONE);
    await scene.delete('k7');
    expect(await scene.set('one more', 'v')).toMatchObject(DONE);
    expect(await scene.set('k7', 'v')).toMatchObject(refused('too_many_keys'));
  });
});

describe('the label of what is read', () => {
  const SECRET: Label = { integrity: 'trusted', confidentiality: 'secret' };

  test('is that of whoever wrote it', async () => {
    const scene = storageScene();
    await scene.set('mine', 'x', PRINCIPAL_LABEL);
    await scene.set('page', 'x', UNTRUSTED_LABEL);
    await scene.evict();
    const label = async (key: string) => (await scene.ask({ kind: 'get', key: bytes(key) })).label;
    expect(await label('mine')).toEqual(PRINCIPAL_LABEL);
    expect(await label('page')).toEqual(UNTRUSTED_LABEL);
    await scene.set('page', 'x', PRINCIPAL_LABEL);
    expect(await label('page')).toEqual(PRINCIPAL_LABEL);
  });

  test('is of a list the join over all that is in it, and no more', async () => {
    const scene = storageScene();
    await scene.set('a/1', 'x', PRINCIPAL_LABEL);
    await scene.set('a/2', 'x', SECRET);
    await scene.set('b/1', 'x', UNTRUSTED_LABEL);
    const label = async (prefix: string) => {
      const request = { after: new Uint8Array(0), limit: 100 };
      return (await scene.ask({ kind: 'list', prefix: bytes(prefix), ...request })).label;
    };
    expect(await label('a/')).toEqual(SECRET);
    expect(await label('b/')).toEqual(UNTRUSTED_LABEL);
    expect(await label('')).toEqual({ integrity: 'untrusted', confidentiality: 'secret' });
    expect(await label('c')).toEqual({ integrity: 'trusted', confidentiality: 'public' });
  });

  test('is the highest where what is stored is no label', async () => {
    const scene = storageScene('broken');
    await scene.set('a', 'x');
    await runInDurableObject(stubOf(`${scene.workspace}/broken`), (_, state) => {
      state.storage.sql.exec("UPDATE entries SET integrity = 'mine'");
    });
    expect(await scene.ask({ kind: 'get', key: bytes('a') })).toMatchObject({
      label: { integrity: 'untrusted', confidentiality: 'secret' },
    });
  });
});

describe('erasing', () => {
  test('deletes all, and refuses what was approved before', async () => {
    const { storage, set, get } = storageScene();
    await set('a', 'one');
    await storage.erase(5);
    const at = (revision: number) =>
      storage.perform({ kind: 'get', key: bytes('a') }, revision, PRINCIPAL_LABEL);
    expect(await at(4)).toMatchObject({ answer: { kind: 'erased' } });
    expect(await at(5)).toMatchObject({ answer: { kind: 'value', value: undefined } });
    expect(await set('a', 'late')).toMatchObject({ answer: { kind: 'erased' } });
    await expect(get('a')).rejects.toThrow('erased');
  });

  test('may happen twice, and does nothing to what came after', async () => {
    const { storage } = storageScene();
    const set = (revision: number) =>
      storage.perform(
        { kind: 'set', key: bytes('a'), value: bytes('new') },
        revision,
        PRINCIPAL_LABEL,
      );
    await storage.erase(5);
    expect(await set(6)).toMatchObject(DONE);
    await storage.erase(5);
    await storage.erase(4);
    const { answer } = await storage.perform({ kind: 'get', key: bytes('a') }, 6, PRINCIPAL_LABEL);
    expect(answer).toMatchObject({ kind: 'value', value: bytes('new') });
  });

  test('survives a loss of memory', async () => {
    const scene = storageScene();
    await scene.set('a', 'one');
    await scene.storage.erase(5);
    await scene.evict();
    expect(await scene.set('a', 'late')).toMatchObject({ answer: { kind: 'erased' } });
  });
});
