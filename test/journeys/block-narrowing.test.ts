/**
 * What a block holds is taken away while it lives: by hand or by its time, from it and from all below,
 * and nothing gives it back.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, script } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway();
  api = callApi(gateway);
});

afterAll(() => gateway?.dispose());

const mailbox = { kind: 'mailbox' };
const BASIC = ['CAP_SEND', 'CAP_RECEIVE', 'CAP_SPAWN'];

async function spawn(more: object = {}): Promise<string> {
  const answer = await api.post('/v1/blocks', { behavior: mailbox, capabilities: BASIC, ...more });
  expect([answer.status, answer.body]).toEqual([201, expect.any(Object)]);
  return answer.body.id;
}

const read = async (id: string) => (await api.get(`/v1/blocks/${id}`)).body;
const narrow = (id: string, capabilities: readonly unknown[]) =>
  api.put(`/v1/blocks/${id}/capabilities`, { capabilities });
const say = (from: string, to: string) =>
  api.post(`/v1/blocks/${to}/messages`, { body: 1 }, { 'Sallyport-Block': from });
const LACKS_SEND = { crash: 'capability', capability: 'block:send' };

test('what was taken away is gone with the next act, which ends the block', async () => {
  const [id, to] = [await spawn(), await spawn()];
  expect((await say(id, to)).status).toBe(202);
  const answer = await narrow(id, ['CAP_RECEIVE']);
  expect([answer.status, answer.body]).toEqual([200, { capabilities: ['block:receive'] }]);
  expect((await read(id)).capabilities).toEqual(['block:receive']);
  expect((await say(id, to)).status).toBe(403);
  expect((await read(id)).exitReason).toEqual(LACKS_SEND);
});

test('a family is narrowed to a pattern, and never widened again', async () => {
  const family = 'tool:network:http:*';
  const host = 'tool:network:http:api.example.com:443';
  const id = await spawn({ capabilities: [family] });
  expect((await narrow(id, [host])).body).toEqual({ capabilities: [host] });
  for (const wider of [family, 'CAP_HTTP', 'CAP_SEND', 'tool:network:http:other.example.com:443']) {
    const refused = await narrow(id, [wider]);
    expect([refused.status, refused.body.code]).toEqual([403, 'denied']);
  }
  expect((await read(id)).capabilities).toEqual([host]);
  expect((await narrow(id, [])).body).toEqual({ capabilities: [] });
});

describe('below the block', () => {
  test('children and their children lose it before it is answered', async () => {
    const root = await spawn();
    const child = await spawn({ parent: root });
    const leaf = await spawn({ parent: child, capabilities: ['CAP_SEND'] });
    expect((await say(leaf, root)).status).toBe(202);
    expect((await narrow(root, ['CAP_RECEIVE', 'CAP_SPAWN'])).status).toBe(200);
    expect((await read(child)).capabilities).toEqual(['block:receive', 'block:spawn']);
    expect((await say(leaf, root)).status).toBe(403);
    expect((await read(leaf)).exitReason).toEqual(LACKS_SEND);
  });

  test('those whose parent has ended lose it too, also after the gateway was killed', async () => {
    const root = await spawn();
    const parent = await spawn({ parent: root });
    const orphan = await spawn({ parent, capabilities: ['CAP_SEND'] });
    await api.post(`/v1/blocks/${parent}/exit`, { reason: 'normal' });
    expect((await read(orphan)).state).toBe('running');
    await gateway.kill();
    await gateway.restart();
    expect((await narrow(root, ['CAP_RECEIVE'])).status).toBe(200);
    expect((await read(orphan)).capabilities).toEqual([]);
  });

  test('a child that is spawned later gets no more than is left', async () => {
    const root = await spawn();
    await narrow(root, ['CAP_SPAWN']);
    const asked = { behavior: mailbox, parent: root, capabilities: ['CAP_SEND'] };
    const refused = await api.post('/v1/blocks', asked);
    expect([refused.status, refused.body.code]).toEqual([403, 'denied']);
  });
});

describe('under a supervisor', () => {
  const SUPERVISING = ['CAP_SUPERVISE', 'CAP_SPAWN', 'CAP_SEND', 'CAP_RECEIVE'];
  const child = { name: 'child', behavior: mailbox, capabilities: ['CAP_SEND', 'CAP_RECEIVE'] };
  const childOf = async (id: string) =>
    (await api.get(`/v1/blocks/${id}/tree`)).body.children[0]?.id as string | undefined;
  const supervise = () =>
    spawn({ behavior: { kind: 'supervisor', children: [child] }, capabilities: SUPERVISING });
  async function nextLife(id: string): Promise<string> {
    const before = await childOf(id);
    await api.post(`/v1/blocks/${before}/exit`, { reason: { crash: 'boom' } });
    const isNext = async () => ![undefined, before].includes(await childOf(id));
    await expect.poll(isNext).toBe(true);
    return (await childOf(id)) ?? '';
  }

  test('what was taken from a child stays taken in its next lives', async () => {
    const id = await supervise();
    await narrow((await childOf(id)) ?? '', ['CAP_RECEIVE']);
    for (const _ of [1, 2]) {
      expect((await read(await nextLife(id))).capabilities).toEqual(['block:receive']);
    }
  });

  test('a supervisor that has less starts children with less', async () => {
    const id = await supervise();
    await narrow(id, ['CAP_SUPERVISE', 'CAP_SPAWN', 'CAP_RECEIVE']);
    expect((await read(await nextLife(id))).capabilities).toEqual(['block:receive']);
  });

  test('a supervisor that may not spawn any more ends with the next child', async () => {
    const id = await supervise();
    await narrow(id, ['CAP_SUPERVISE']);
    await api.post(`/v1/blocks/${await childOf(id)}/exit`, { reason: { crash: 'boom' } });
    await expect
      .poll(async () => (await read(id)).exitReason)
      .toEqual({ crash: 'capability', capability: 'block:spawn' });
  });
});

describe('capabilities that end', () => {
  const until = (capability: string, ms: number) => ({ capability, expiresAt: Date.now() + ms });

  test('give nothing from then on', async () => {
    const to = await spawn();
    const id = await spawn({ capabilities: ['CAP_RECEIVE', until('CAP_SEND', 5_000)] });
    expect((await say(id, to)).status).toBe(202);
    await expect
      .poll(async () => (await read(id)).capabilities, { timeout: 15_000 })
      .toEqual(['block:receive']);
    expect((await say(id, to)).status).toBe(403);
    expect((await read(id)).exitReason).toEqual(LACKS_SEND);
  });

  test('are handed on for no longer than they are held', async () => {
    const mine = until('block:send', 60_000);
    const parent = await spawn({ capabilities: ['CAP_SPAWN', mine] });
    const child = await spawn({ parent, capabilities: ['CAP_SEND'] });
    expect((await read(child)).capabilities).toEqual([mine]);
    const longer = [until('block:send', 120_000)];
    const refused = await api.post('/v1/blocks', {
      behavior: mailbox,
      parent,
      capabilities: longer,
    });
    expect(refused.status).toBe(403);
    expect((await narrow(child, longer)).status).toBe(403);
    const shorter = until('block:send', 30_000);
    expect((await narrow(child, [shorter])).body).toEqual({ capabilities: [shorter] });
  });

  test('must end in the future when they are named', async () => {
    const capabilities = [{ capability: 'CAP_SEND', expiresAt: Date.now() - 1 }];
    const refused = await api.post('/v1/blocks', { behavior: mailbox, capabilities });
    expect([refused.status, refused.body.errors[0].pointer]).toEqual([422, '/capabilities/0']);
  });
});

test('a turn that is going on is denied what its block has lost', async () => {
  const behavior = { kind: 'agent', model: 'embedded/script' };
  const capabilities = ['CAP_INFER', 'CAP_SEND', 'tool:call:text-stats'];
  const budget = { tokens: 1_000_000 };
  const id = await spawn({ behavior, capabilities, budget });
  const toolCalls = [{ name: 'text-stats', arguments: { text: 'a b' } }];
  const body = script({ toolCalls, delayMs: 6_000 }, { text: 'done' });
  const asked = api.post(`/v1/blocks/${id}/call`, { body, timeoutMs: 30_000 });
  const events = async (action: string) =>
    (await api.get(`/v1/audit?action=${action}&limit=500`)).body.records
      .map(({ event }: { event: { actor: string } }) => event)
      .filter(({ actor }: { actor: string }) => actor === `block:${id}`);
  // A turn holds what it may use.
  const left = async () => (await read(id)).budget.tokens;
  await expect.poll(left, { timeout: 5_000, interval: 50 }).toBeLessThan(budget.tokens);
  expect((await narrow(id, ['CAP_INFER', 'CAP_SEND'])).status).toBe(200);
  expect((await asked).body.body).toBe('done');
  const denied = { decision: 'denied', reason: 'block_capability_missing' };
  await expect.poll(() => events('tool-call')).toEqual([expect.objectContaining(denied)]);
});

test('only its owner narrows a block, and it is on the record', async () => {
  const id = await spawn();
  const subject = { kind: 'service', id: 'stranger' };
  const issued = await api.post('/v1/tokens', { subject, grants: ['block:spawn'] });
  const stranger = callApi(gateway, issued.body.token);
  const path = `/v1/blocks/${id}/capabilities`;
  expect((await stranger.put(path, { capabilities: [] })).status).toBe(403);
  await narrow(id, ['CAP_SEND']);
  const records = async () =>
    (await api.get('/v1/audit?action=block-narrowed&limit=500')).body.records;
  await expect.poll(records).toContainEqual(
    expect.objectContaining({
      event: expect.objectContaining({ resource: id, decision: 'allowed' }),
    }),
  );
});
