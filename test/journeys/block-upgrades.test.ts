/**
 * Blocks that get another behaviour while they live: state migrated, no message lost, and all as it was
 * when the migration fails.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, script } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let api: Api;

const SOURCE = `
export function reduce({ state, message }) {
  const { body } = message;
  if (body === 'what') return { state, effects: [{ type: 'reply', body: state }] };
  return { state: { log: [...(state?.log ?? []), body] } };
}
export function reduceNext({ state, message }) {
  const { body } = message;
  if (body === 'what') return { state, effects: [{ type: 'reply', body: state }] };
  return { state: { ...state, entries: [...(state?.entries ?? []), 'v2:' + body] } };
}
export function migrate({ state, fromVersion, from }) {
  return { state: { entries: state?.log ?? [], fromVersion, entry: from.entry } };
}
export function spin() { for (;;) {} }
export function fail() { throw new Error('no'); }
export function nonsense() { return { stat: 1 }; }
export function huge() { return { state: 'x'.repeat(3000) }; }
`;

const tool = (name: string, entry: string) => ({
  name,
  description: 'Part of a reducer.',
  inputSchema: { type: 'object', additionalProperties: true },
  entry,
});

const MANIFEST = {
  name: 'journal',
  version: '1.0.0',
  kind: 'tool',
  tier: 'wasm',
  license: 'Apache-2.0',
  capabilities: [],
  wasm: { language: 'javascript' },
  tools: [
    tool('journal', 'reduce'),
    tool('journal-next', 'reduceNext'),
    tool('journal-migrate', 'migrate'),
    tool('journal-spin', 'spin'),
    tool('journal-fail', 'fail'),
    tool('journal-nonsense', 'nonsense'),
    tool('journal-huge', 'huge'),
  ],
};

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
  const form = new FormData();
  form.set('manifest', JSON.stringify(MANIFEST));
  form.set('module', new Blob([SOURCE]), 'plugin.js');
  const headers = { Authorization: `Bearer ${gateway.token}` };
  const init = { method: 'POST', headers, body: form };
  const installed = await fetch(`${gateway.url}/v1/plugins`, init);
  expect([installed.status, await installed.text()]).toEqual([201, expect.any(String)]);
});

afterAll(() => gateway?.dispose());

const OLD = { kind: 'plugin', plugin: 'journal', entry: 'journal' };
const NEW = { kind: 'plugin', plugin: 'journal', entry: 'journal-next' };
const MIGRATED = { behavior: NEW, migrate: 'journal-migrate' };

async function spawn(more: object = {}): Promise<string> {
  const body = { behavior: OLD, capabilities: ['CAP_SEND'], ...more };
  const answer = await api.post('/v1/blocks', body);
  expect(answer.status).toBe(201);
  return answer.body.id;
}

const send = (id: string, body: unknown) => api.post(`/v1/blocks/${id}/messages`, { body });
const read = async (id: string) => (await api.get(`/v1/blocks/${id}`)).body;
const upgrade = (id: string, body: object) => api.post(`/v1/blocks/${id}/upgrade`, body);
const what = async (id: string) =>
  (await api.post(`/v1/blocks/${id}/call`, { body: 'what', timeoutMs: 30_000 })).body.body;
const upgrades = async () =>
  (await api.get('/v1/audit?action=block-upgraded&limit=200')).body.records.map(
    ({ event }: { event: object }) => event,
  );

test('the new behaviour goes on with the migrated state', async () => {
  const id = await spawn();
  await send(id, 'a');
  expect(await what(id)).toEqual({ log: ['a'] });
  const answer = await upgrade(id, MIGRATED);
  expect([answer.status, answer.body]).toEqual([200, { version: 2 }]);
  await send(id, 'b');
  const entries = ['a', 'v2:b'];
  expect(await what(id)).toEqual({ entries, fromVersion: 1, entry: 'journal' });
  expect(await read(id)).toMatchObject({ version: 2, behavior: 'plugin' });
  await expect
    .poll(upgrades)
    .toContainEqual(expect.objectContaining({ resource: id, decision: 'allowed' }));
});

test('messages that wait keep their order, and each is processed by one of both', async () => {
  const id = await spawn();
  const names = Array.from({ length: 12 }, (_, n) => `m${n}`);
  for (const name of names.slice(0, 8)) await send(id, name);
  const upgraded = upgrade(id, MIGRATED);
  for (const name of names.slice(8)) await send(id, name);
  expect((await upgraded).status).toBe(200);
  const { entries } = await what(id);
  expect(entries.map((entry: string) => entry.replace('v2:', ''))).toEqual(names);
  const firstNew = entries.findIndex((entry: string) => entry.startsWith('v2:'));
  expect(entries.slice(firstNew).every((entry: string) => entry.startsWith('v2:'))).toBe(true);
});

describe('a migration that fails', () => {
  test.each([
    ['journal-spin', 'fuel'],
    ['journal-fail', 'plugin_error'],
    ['journal-nonsense', 'bad_state'],
    ['journal-huge', 'state_too_large'],
  ])('%s leaves all as it was, and says %s', async (migrate, reason) => {
    const id = await spawn({ limits: { stateBytes: 2_000 } });
    await send(id, 'a');
    const answer = await upgrade(id, { behavior: NEW, migrate });
    expect([answer.status, answer.body.code, answer.body.reason]).toEqual([
      422,
      'upgrade_failed',
      reason,
    ]);
    await send(id, 'b');
    expect(await what(id)).toEqual({ log: ['a', 'b'] });
    expect((await read(id)).version).toBe(1);
    await expect
      .poll(upgrades)
      .toContainEqual(expect.objectContaining({ resource: id, decision: 'denied', reason }));
  });
});

describe('a gateway that is killed', () => {
  test('during an upgrade has either all of it or nothing, and no message is lost', async () => {
    const ids = await Promise.all(Array.from({ length: 4 }, () => spawn()));
    for (const id of ids) for (const name of ['a', 'b', 'c']) await send(id, name);
    const asked = ids.map((id) => upgrade(id, MIGRATED).catch(() => undefined));
    await Promise.race(asked);
    await gateway.kill();
    const answers = await Promise.all(asked);
    await gateway.restart();
    for (const [index, id] of ids.entries()) {
      await send(id, 'd');
      const state = await what(id);
      const { version } = await read(id);
      if (answers[index]?.status === 200) expect(version).toBe(2);
      const log: string[] = version === 2 ? state.entries : state.log;
      expect(log.map((entry) => entry.replace('v2:', ''))).toEqual(['a', 'b', 'c', 'd']);
    }
  });
});

test('an agent gets another prompt, and goes on with its conversation', async () => {
  const agent = { kind: 'agent', model: 'embedded/script', system: 'first' };
  const capabilities = ['CAP_INFER', 'CAP_SEND'];
  const id = await spawn({ behavior: agent, capabilities });
  const say = async (text: string) =>
    (await api.post(`/v1/blocks/${id}/call`, { body: script({ text }), timeoutMs: 30_000 })).body
      .body;
  expect(await say('one')).toBe('one');
  expect((await upgrade(id, { behavior: { ...agent, system: 'second' } })).status).toBe(200);
  expect(await say('two')).toBe('two');
  expect((await read(id)).version).toBe(2);
});

test('an agent gets other tools, within what its block may call', async () => {
  const agent = { kind: 'agent', model: 'embedded/script' };
  const capabilities = ['CAP_INFER', 'CAP_SEND', 'tool:call:journal'];
  const id = await spawn({ behavior: { ...agent, tools: ['journal'] }, capabilities });
  const toolCalls = [{ name: 'journal', arguments: { message: { body: 1 } } }];
  const body = script({ toolCalls }, { text: 'done' });
  const call = () => api.post(`/v1/blocks/${id}/call`, { body, timeoutMs: 30_000 });
  const decisions = async () =>
    (await api.get('/v1/audit?action=tool-call&limit=500')).body.records
      .map(({ event }: { event: { actor: string; decision: string } }) => event)
      .filter(({ actor }: { actor: string }) => actor === `block:${id}`)
      .map(({ decision }: { decision: string }) => decision);
  await call();
  await expect.poll(decisions).toEqual(['allowed']);
  expect((await upgrade(id, { behavior: { ...agent, tools: [] } })).status).toBe(200);
  await call();
  await expect.poll(decisions).toEqual(['allowed', 'denied']);
});

test('a mailbox becomes a reducer, and what waited is processed', async () => {
  const id = await spawn({ behavior: { kind: 'mailbox' } });
  await send(id, 'early');
  expect((await upgrade(id, { behavior: OLD })).status).toBe(200);
  expect(await what(id)).toEqual({ log: ['early'] });
});

test('while a consumer holds a message nothing is upgraded', async () => {
  const behavior = { kind: 'mailbox' };
  const id = await spawn({ behavior, capabilities: ['CAP_SEND', 'CAP_RECEIVE'] });
  await send(id, 'held');
  const { messages } = (await api.post(`/v1/blocks/${id}/receive`, { leaseMs: 60_000 })).body;
  expect((await upgrade(id, { behavior: OLD })).status).toBe(409);
  await api.post(`/v1/blocks/${id}/ack`, { leases: [messages[0].lease] });
  expect((await upgrade(id, { behavior: OLD })).status).toBe(200);
});

describe('under a supervisor', () => {
  const CAPABILITIES = ['CAP_SUPERVISE', 'CAP_SPAWN', 'CAP_SEND'];
  const child = (behavior: object, more: object = {}) => ({
    name: 'child',
    behavior,
    capabilities: ['CAP_SEND'],
    ...more,
  });
  const childOf = async (id: string) =>
    (await api.get(`/v1/blocks/${id}/tree`)).body.children[0]?.id as string | undefined;
  const restarted = async (id: string, before: string | undefined) => {
    await api.post(`/v1/blocks/${before}/exit`, { reason: { crash: 'boom' } });
    await expect.poll(() => childOf(id)).not.toBe(before);
    await expect.poll(() => childOf(id)).toBeDefined();
    return (await childOf(id)) ?? '';
  };
  const supervise = (children: object[]) =>
    spawn({ behavior: { kind: 'supervisor', children }, capabilities: CAPABILITIES });

  test('the next life begins with the behaviour that the last one was upgraded to', async () => {
    const id = await supervise([child(OLD)]);
    const first = (await childOf(id)) ?? '';
    await upgrade(first, MIGRATED);
    const second = await restarted(id, first);
    await send(second, 'x');
    expect(await what(second)).toEqual({ entries: ['v2:x'] });
  });

  test('an upgraded supervisor starts the next lives, and new children, as it says now', async () => {
    const id = await supervise([child(OLD)]);
    const first = await childOf(id);
    const children = [child(NEW), { ...child({ kind: 'mailbox' }), name: 'another' }];
    const behavior = { kind: 'supervisor', intensity: 10, children };
    expect((await upgrade(id, { behavior })).status).toBe(200);
    expect(await childOf(id)).toBe(first);
    await expect
      .poll(async () => (await api.get(`/v1/blocks/${id}/tree`)).body.children.length)
      .toBe(2);
    await api.post(`/v1/blocks/${first}/exit`, { reason: { crash: 'boom' } });
    const next = async () =>
      (await api.get(`/v1/blocks/${id}/tree`)).body.children.find(
        ({ name, id: now }: { name: string; id: string }) => name === 'child' && now !== first,
      )?.id;
    await expect.poll(next).toBeDefined();
    const second = await next();
    await send(second, 'x');
    expect(await what(second)).toEqual({ entries: ['v2:x'] });
  });

  test('a supervisor stays one, and nothing else becomes one', async () => {
    const id = await supervise([child(OLD)]);
    expect((await upgrade(id, { behavior: OLD })).status).toBe(409);
    const behavior = { kind: 'supervisor', children: [] };
    expect((await upgrade(await spawn(), { behavior })).status).toBe(409);
  });
});

test('a checkpoint brings back the behaviour that its state is of', async () => {
  const id = await spawn();
  await send(id, 'a');
  await what(id);
  const { id: checkpoint } = (await api.post(`/v1/blocks/${id}/checkpoint`)).body;
  expect((await upgrade(id, MIGRATED)).status).toBe(200);
  expect((await api.post(`/v1/blocks/${id}/restore`, { checkpoint })).status).toBe(201);
  expect((await read(id)).version).toBe(1);
  await send(id, 'b');
  expect(await what(id)).toEqual({ log: ['a', 'b'] });
});
