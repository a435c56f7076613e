/**
 * Blocks whose behaviour is a plugin: a reducer in the wasm tier, its state, its effects, and each
 * message processed once though the process is killed.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let api: Api;

const SOURCE = `
export function reduce({ state, message }) {
  const { body } = message;
  const count = (state?.count ?? 0) + 1;
  const effects = [];
  if (body === 'how many') effects.push({ type: 'reply', body: state?.count ?? 0 });
  if (body?.forward) effects.push({ type: 'send', to: body.forward, body: { n: count } });
  if (body === 'stop') effects.push({ type: 'exit', reason: 'normal' });
  if (body === 'spin') for (;;) {}
  if (body === 'lie') return { state, effects: [{ type: 'grant', capability: 'system:admin' }] };
  if (body === 'cut a letter') return { state: { count, said: '\\ud83d' }, effects: [] };
  return { state: { count }, effects };
}
`;

const MANIFEST = {
  name: 'counter',
  version: '1.0.0',
  kind: 'tool',
  tier: 'wasm',
  license: 'Apache-2.0',
  capabilities: [],
  wasm: { language: 'javascript' },
  tools: [
    {
      name: 'counter',
      description: 'Counts the messages of a block.',
      inputSchema: { type: 'object', properties: { state: {}, message: { type: 'object' } } },
      entry: 'reduce',
    },
  ],
};

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
  const form = new FormData();
  form.set('manifest', JSON.stringify(MANIFEST));
  form.set('module', new Blob([SOURCE]), 'plugin.js');
  const headers = { Authorization: `Bearer ${gateway.token}` };
  const installed = await fetch(`${gateway.url}/v1/plugins`, {
    method: 'POST',
    headers,
    body: form,
  });
  expect([installed.status, await installed.text()]).toEqual([201, expect.any(String)]);
});

afterAll(() => gateway?.dispose());

async function spawn(more: object = {}): Promise<string> {
  const behavior = { kind: 'plugin', plugin: 'counter', entry: 'counter' };
  const answer = await api.post('/v1/blocks', { behavior, capabilities: ['CAP_SEND'], ...more });
  expect(answer.status).toBe(201);
  return answer.body.id;
}

const send = (id: string, body: unknown) => api.post(`/v1/blocks/${id}/messages`, { body });
const read = async (id: string) => (await api.get(`/v1/blocks/${id}`)).body;
const howMany = async (id: string) =>
  (await api.post(`/v1/blocks/${id}/call`, { body: 'how many', timeoutMs: 30_000 })).body.body;

test('a reducer keeps its state from message to message, and answers calls', async () => {
  const id = await spawn();
  for (let n = 0; n < 5; n++) await send(id, n);
  expect(await howMany(id)).toBe(5);
});

test('its effects are carried out with the capabilities of the block', async () => {
  const behavior = { kind: 'mailbox' };
  const receiver = (await api.post('/v1/blocks', { behavior, capabilities: ['CAP_RECEIVE'] })).body
    .id;
  const id = await spawn();
  await send(id, { forward: receiver });
  const { messages } = (await api.post(`/v1/blocks/${receiver}/receive`, { timeoutMs: 20_000 }))
    .body;
  expect(messages[0]).toMatchObject({ from: `block:${id}`, body: { n: 1 } });
  const mute = await spawn({ capabilities: [] });
  await send(mute, { forward: receiver });
  await expect
    .poll(async () => (await read(mute)).exitReason, { timeout: 20_000 })
    .toEqual({ crash: 'capability', capability: 'block:send' });
});

test('a tool of the name that another plugin has is not its reducer', async () => {
  const id = await spawn({ behavior: { kind: 'plugin', plugin: 'counters', entry: 'counter' } });
  await send(id, 'how many');
  await expect
    .poll(async () => (await read(id)).exitReason, { timeout: 20_000 })
    .toEqual({ crash: 'unknown_tool' });
});

test.each([
  ['stop', 'normal'],
  ['spin', { crash: 'fuel' }],
  ['lie', { crash: 'bad_reduction' }],
  // A lone surrogate: not everybody who hears of it would read it alike.
  ['cut a letter', { crash: 'bad_reduction' }],
] as const)('%s ends it with %j', async (body, reason) => {
  const id = await spawn();
  await send(id, body);
  await expect.poll(async () => (await read(id)).exitReason, { timeout: 20_000 }).toEqual(reason);
});

test('each message is processed once, though the process is killed in between', async () => {
  const id = await spawn();
  for (let n = 0; n < 30; n++) expect((await send(id, n)).status).toBe(202);
  await gateway.kill();
  await gateway.restart();
  await expect
    .poll(async () => (await read(id)).mailbox.depth, { timeout: 40_000, interval: 200 })
    .toBe(0);
  expect(await howMany(id)).toBe(30);
});
