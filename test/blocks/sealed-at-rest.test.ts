/**
 * What lies in the storage of blocks and sessions while the policy has it sealed: read row by row, as
 * whoever gets hold of the disk would.
 */

import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRows } from './kit/sealing-scene.ts';

interface Bindings {
  readonly BLOCKS: DurableObjectNamespace;
  readonly SESSIONS: DurableObjectNamespace;
  readonly VAULTS: DurableObjectNamespace;
  readonly SALLYPORT_ROOT_TOKEN: string;
}

const { BLOCKS, SESSIONS, VAULTS, SALLYPORT_ROOT_TOKEN } = env as unknown as Bindings;
const gateway = (exports as unknown as { readonly default: Fetcher }).default;

const CANARY = 'canary-5f0c-who-would-say-this';

async function ask(method: string, path: string, body?: unknown) {
  const answer = await gateway.fetch(`https://gateway.test${path}`, {
    method,
    headers: {
      Authorization: `Bearer ${SALLYPORT_ROOT_TOKEN}`,
      'Content-Type': 'application/json',
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
}

async function setPolicy(atRest: 'none' | 'content'): Promise<void> {
  const { body } = await ask('GET', '/v1/workspaces/default');
  const policy = { ...body.policy, encryption: { atRest } };
  expect((await ask('PUT', '/v1/workspaces/default', { policy })).status).toBe(200);
}

const readStorage = (stub: DurableObjectStub): Promise<string> =>
  runInDurableObject(stub, (_, state) => readRows(state));

const blockStub = (id: string) => BLOCKS.getByName(`default/${id}`);
const sessionStub = (id: string) => SESSIONS.getByName(`default/${id}`);

async function spawn(behavior: object = { kind: 'mailbox' }): Promise<string> {
  const capabilities = ['CAP_RECEIVE', 'CAP_SEND'];
  const { status, body } = await ask('POST', '/v1/blocks', { behavior, capabilities });
  expect(status, JSON.stringify(body)).toBe(201);
  return body.id;
}

const send = (id: string, body: unknown) => ask('POST', `/v1/blocks/${id}/messages`, { body });
const receive = (id: string) =>
  ask('POST', `/v1/blocks/${id}/receive`, { max: 10, leaseMs: 1_000 });
const bodiesIn = async (id: string): Promise<unknown[]> =>
  (await receive(id)).body.messages.map((message: { body: unknown }) => message.body);

// Others use the same workspace.
afterAll(() => setPolicy('none'));

describe('a block', () => {
  let plain: string;
  beforeAll(async () => {
    plain = await spawn();
    await send(plain, `before ${CANARY}`);
    await setPolicy('content');
  });

  test('of before the policy keeps what it has, and seals what comes', async () => {
    expect(await readStorage(blockStub(plain))).toContain(`before ${CANARY}`);
    await send(plain, `after ${CANARY}`);
    expect(await readStorage(blockStub(plain))).not.toContain(`after ${CANARY}`);
    await evictDurableObject(blockStub(plain));
    expect(await bodiesIn(plain)).toEqual([`before ${CANARY}`, `after ${CANARY}`]);
  });

  test('has nothing of its messages, timers, checkpoints and letters in its rows', async () => {
    const id = await spawn();
    await send(id, { said: CANARY });
    await send(id, CANARY.repeat(20_000));
    expect((await ask('POST', `/v1/blocks/${id}/checkpoint`)).status).toBeLessThan(300);
    expect(await readStorage(blockStub(id))).not.toContain('canary');
    await evictDurableObject(blockStub(id));
    expect(await bodiesIn(id)).toEqual([{ said: CANARY }, CANARY.repeat(20_000)]);
    const { body } = await ask('GET', `/v1/blocks/${id}`);
    expect(body).toMatchObject({ id, state: 'running' });
  });

  test('says nothing to others that lies open until they have heard it', async () => {
    const [from, to] = [await spawn(), await spawn()];
    const acting = await gateway.fetch(`https://gateway.test/v1/blocks/${to}/messages`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${SALLYPORT_ROOT_TOKEN}`,
        'Content-Type': 'application/json',
        'Sallyport-Block': from,
      },
      body: JSON.stringify({ body: CANARY }),
    });
    expect(acting.status).toBe(202);
    const lies = await Promise.all([from, to].map((id) => readStorage(blockStub(id))));
    expect(lies.join()).not.toContain('canary');
    expect(await bodiesIn(to)).toEqual([CANARY]);
  });

  test('whose row was moved or altered fails closed, and names the reason', async () => {
    const id = await spawn();
    await send(id, 'first');
    await send(id, 'second');
    await runInDurableObject(blockStub(id), (_, { storage }) => {
      storage.sql.exec(`UPDATE mailbox SET body = (
        SELECT body FROM mailbox AS other WHERE other.seq = 3 - mailbox.seq) WHERE seq = 1`);
    });
    const { status, body } = await receive(id);
    expect([status, body.code]).toEqual([500, 'content_unreadable']);
    expect(JSON.stringify(body)).not.toMatch(/first|second/);
  });
});

describe('a session', () => {
  test('has nothing of its title, messages and journal in its rows', async () => {
    await setPolicy('content');
    const created = await ask('POST', '/v1/sessions', {
      title: `About ${CANARY}`,
      system: `Answer as ${CANARY}`,
    });
    const { id } = created.body;
    const input = JSON.stringify({ script: [{ text: `I heard ${CANARY}` }] });
    const turn = await ask('POST', `/v1/sessions/${id}/turns`, { input, model: 'embedded/script' });
    expect(turn.body).toMatchObject({ status: 'finished', output: `I heard ${CANARY}` });
    expect(await readStorage(sessionStub(id))).not.toContain('canary');
    await evictDurableObject(sessionStub(id));
    expect((await ask('GET', `/v1/sessions/${id}`)).body.title).toBe(`About ${CANARY}`);
    const { messages } = (await ask('GET', `/v1/sessions/${id}/messages`)).body;
    expect(messages.map(({ role }: { role: string }) => role)).toEqual([
      ...['system', 'user', 'assistant'],
    ]);
    expect(JSON.stringify(messages)).toContain(`I heard ${CANARY}`);
  });

  test('whose journal was cut off fails closed, and names the reason', async () => {
    await setPolicy('content');
    const { id } = (await ask('POST', '/v1/sessions', {})).body;
    const input = JSON.stringify({ script: [{ text: 'said' }] });
    await ask('POST', `/v1/sessions/${id}/turns`, { input, model: 'embedded/script' });
    await evictDurableObject(sessionStub(id));
    await runInDurableObject(sessionStub(id), (_, { storage }) => {
      storage.sql.exec('UPDATE messages SET body = substr(body, 1, length(body) - 8)');
    });
    const { status, body } = await ask('GET', `/v1/sessions/${id}/messages`);
    expect([status, body.code]).toEqual([500, 'content_unreadable']);
  });

  test('seals no longer once the policy says so, and still reads what it has', async () => {
    await setPolicy('content');
    const { id } = (await ask('POST', '/v1/sessions', {})).body;
    const say = (text: string) => {
      const input = JSON.stringify({ script: [{ text }] });
      return ask('POST', `/v1/sessions/${id}/turns`, { input, model: 'embedded/script' });
    };
    await say('sealed words');
    await setPolicy('none');
    await say('open words');
    const rows = await readStorage(sessionStub(id));
    expect([rows.includes('sealed words'), rows.includes('open words')]).toEqual([false, true]);
    const { messages } = (await ask('GET', `/v1/sessions/${id}/messages`)).body;
    expect(JSON.stringify(messages)).toMatch(/sealed words.*open words/);
  });
});

describe('without the keys', () => {
  test('what was sealed stays shut, and nothing new is written in the clear', async () => {
    await setPolicy('content');
    const say = (id: string, text: string) => {
      const input = JSON.stringify({ script: [{ text }] });
      return ask('POST', `/v1/sessions/${id}/turns`, { input, model: 'embedded/script' });
    };
    const [known, fresh] = await Promise.all(
      [0, 1].map(async () => (await ask('POST', '/v1/sessions', {})).body.id),
    );
    expect((await say(known, 'sealed words')).status).toBe(200);
    const giveBack = await takeKeys();
    await evictDurableObject(sessionStub(known));
    for (const { status, body } of [
      await ask('GET', `/v1/sessions/${known}/messages`),
      await say(known, 'words that nobody could seal'),
      await say(fresh, 'words that nobody could seal'),
    ]) {
      expect([status, body.code]).toEqual([500, 'content_unreadable']);
    }
    for (const id of [known, fresh]) {
      expect(await readStorage(sessionStub(id))).not.toContain('words');
    }
    await giveBack();
    await evictDurableObject(sessionStub(known));
    expect((await ask('GET', `/v1/sessions/${known}/messages`)).status).toBe(200);
  });
});

/** As if the workspace's keys had been wrapped by a master key that is gone, until they are given back. */
function takeKeys(): Promise<() => Promise<void>> {
  return runInDurableObject(VAULTS.getByName('default'), (_, { storage }) => {
    const [row] = storage.sql.exec('SELECT DISTINCT wrapped_by FROM content_keys').toArray();
    const wrapBy = (name: unknown) =>
      storage.sql.exec('UPDATE content_keys SET wrapped_by = ?', name);
    wrapBy('another master key');
    return async () => {
      await runInDurableObject(VAULTS.getByName('default'), () => void wrapBy(row?.wrapped_by));
    };
  });
}
