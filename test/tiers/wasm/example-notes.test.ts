/** `kv-notes` on the real storage block, as its lane would let it use it. */

import { RpcTarget } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import {
  STORAGE_LIMITS,
  type StorageApi,
  type StorageRequest,
} from '../../../src/blocks/storage/storage-api.ts';
import { PRINCIPAL_LABEL } from '../../../src/core/policy/labels.ts';
import type {
  PluginAnswer,
  StorageReply,
} from '../../../src/tiers/wasm/isolate/plugin-protocol.ts';
import type { LaneHost } from '../../../src/tiers/wasm/plugin-runner.ts';
import { bytes, storageScene } from '../../blocks/storage/storage-fixture.ts';
import { callOnce } from '../support/examples.ts';

class StorageHost extends RpcTarget implements LaneHost {
  readonly wasAsked = true;
  asked = 0;
  readonly #storage: StorageApi;

  constructor(storage: StorageApi) {
    super();
    this.#storage = storage;
  }

  async http(): Promise<PluginAnswer> {
    return { kind: 'ended', reason: 'host_denied' };
  }

  async storage(request: StorageRequest): Promise<StorageReply> {
    this.asked += 1;
    const { answer } = await this.#storage.perform(request, 1, PRINCIPAL_LABEL);
    return answer.kind === 'erased' ? { kind: 'ended', reason: 'host_denied' } : answer;
  }
}

function notesScene() {
  const scene = storageScene('kv-notes');
  const ask = async (tool: string, input: object = {}) => {
    const host = new StorageHost(scene.storage);
    const { end, output } = await callOnce(`note-${tool}`, input, host);
    expect(end).toBe('ok');
    expect(host.asked).toBeLessThanOrEqual(50);
    return JSON.parse(output);
  };
  const add = async (text: string) => (await ask('add', { text })).id;
  return { ...scene, ask, add };
}

describe('kv-notes', () => {
  test('keeps notes under numbers that are never given out twice', async () => {
    const { ask, add } = notesScene();
    expect(await add('first')).toBe(1);
    expect(await add('zweite: ä 😀\n')).toBe(2);
    expect(await ask('get', { id: 2 })).toEqual({ id: 2, found: true, text: 'zweite: ä 😀\n' });
    expect(await ask('delete', { id: 2 })).toEqual({ id: 2, deleted: true });
    expect(await ask('delete', { id: 2 })).toEqual({ id: 2, deleted: false });
    expect(await ask('get', { id: 2 })).toEqual({ id: 2, found: false });
    expect(await add('third')).toBe(3);
  });

  test('loses none of several that are added at the same time', async () => {
    const { ask, add } = notesScene();
    const ids = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(add));
    expect(new Set(ids).size).toBe(5);
    const { notes } = await ask('list');
    expect(notes.map(({ text }: { text: string }) => text).sort()).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
    ]);
    expect(await add('f')).toBe(6);
  });

  test('finds a free number where the last one is not known', async () => {
    const { ask, add, set } = notesScene();
    await set('note/00000001', 'kept');
    await set('note/00000002', 'kept');
    expect(await add('new')).toBe(3);
    expect(await ask('get', { id: 1 })).toMatchObject({ text: 'kept' });
  });

  test('lists page by page, oldest first, with the beginning of each', async () => {
    const { ask, set } = notesScene();
    for (let id = 1; id <= 120; id++)
      await set(`note/${String(id).padStart(8, '0')}`, `text ${id}`);
    const first = await ask('list');
    expect(first.notes).toHaveLength(50);
    expect(first.notes[0]).toEqual({ id: 1, text: 'text 1' });
    expect(first.next).toBe(50);
    const last = await ask('list', { after: 100, limit: 100 });
    expect(last.notes.map(({ id }: { id: number }) => id)).toEqual([...range(101, 120)]);
    expect(last).not.toHaveProperty('next');
    expect(await ask('list', { after: 120 })).toEqual({ notes: [] });
    expect(await ask('list', { limit: 100 })).toMatchObject({ next: 100 });
  });

  test('shows long notes in part, and never half a character', async () => {
    const { ask, add } = notesScene();
    await add(`${'😀'.repeat(100)} end`);
    const { notes } = await ask('list');
    expect(notes[0].text).toMatch(/^(?:😀)+ …$/u);
    const { notes: found } = await ask('search', { phrase: 'END' });
    expect(found[0].text).toMatch(/^… (?:😀)+ end$/u);
  });

  test('searches whatever the case', async () => {
    const { ask, add } = notesScene();
    for (const text of ['Buy milk', 'call Ada', 'MILK again', 'nothing']) await add(text);
    const { notes } = await ask('search', { phrase: 'milk' });
    expect(notes).toEqual([
      { id: 1, text: 'Buy milk' },
      { id: 3, text: 'MILK again' },
    ]);
    expect(await ask('search', { phrase: 'milk', limit: 1 })).toMatchObject({ truncated: true });
    expect(await ask('search', { phrase: 'milk', limit: 2 })).not.toHaveProperty('truncated');
    expect(await ask('search', { phrase: 'cheese' })).toEqual({ notes: [] });
  });

  test('searches as many notes as there can be within one call', async () => {
    const { ask, storage } = notesScene();
    const count = STORAGE_LIMITS.keys - 1;
    const value = bytes('x'.repeat(1_000));
    const keys = [...range(1, count)].map((id) => bytes(`note/${String(id).padStart(8, '0')}`));
    await Promise.all(
      keys.map((key) => storage.perform({ kind: 'set', key, value }, 1, PRINCIPAL_LABEL)),
    );
    await storage.perform(
      { kind: 'set', key: keys.at(-1) ?? bytes(''), value: bytes('needle') },
      1,
      PRINCIPAL_LABEL,
    );
    expect(await ask('search', { phrase: 'needle' })).toMatchObject({ notes: [{ id: count }] });
  });

  test('says what is wrong when there is no more room', async () => {
    const { ask, set } = notesScene();
    for (let part = 0; part < 16; part++) await set(`p${part}`, 'x'.repeat(65_000));
    expect(await ask('add', { text: 'y'.repeat(16_000) })).toEqual({
      error: expect.stringContaining('no room'),
    });
  });
});

function* range(from: number, to: number): Generator<number> {
  for (let value = from; value <= to; value++) yield value;
}
