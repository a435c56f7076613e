/**
 * Supervisors over HTTP: strategies, restarts, intensity, kept mailboxes, and a tree that comes back
 * after the process was killed.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
});

afterAll(() => gateway?.dispose());

const CAPABILITIES = ['CAP_SUPERVISE', 'CAP_SPAWN', 'CAP_SEND', 'CAP_RECEIVE'];
const CRASH = { reason: { crash: 'boom' } };

interface Tree {
  readonly id: string;
  readonly name?: string;
  readonly restarts: number;
  readonly depth: number;
  readonly children: readonly Tree[];
  readonly awaited?: readonly { readonly startsAt?: number }[];
}

const child = (name: string, more: object = {}) => ({
  name,
  behavior: { kind: 'mailbox' },
  capabilities: ['CAP_SEND', 'CAP_RECEIVE'],
  ...more,
});

async function supervise(spec: object, budget: object = {}): Promise<string> {
  const behavior = { kind: 'supervisor', ...spec };
  const answer = await api.post('/v1/blocks', { behavior, capabilities: CAPABILITIES, budget });
  expect(answer.status).toBe(201);
  return answer.body.id;
}

const readTree = async (id: string): Promise<Tree> => (await api.get(`/v1/blocks/${id}/tree`)).body;
const read = async (id: string) => (await api.get(`/v1/blocks/${id}`)).body;

/** Names of those that live, in order, once there are that many. */
async function untilAlive(id: string, count: number): Promise<Record<string, string>> {
  await expect.poll(async () => (await readTree(id)).children.length).toBe(count);
  const { children } = await readTree(id);
  return Object.fromEntries(children.map((each) => [each.name, each.id]));
}

/** Waits until every named child has another life than before. */
async function untilRestarted(id: string, before: Record<string, string>, names: string[]) {
  let now: Record<string, string> = {};
  await expect
    .poll(
      async () => {
        const { children } = await readTree(id);
        now = Object.fromEntries(children.map((each) => [each.name, each.id]));
        return names.every((name) => now[name] !== undefined && now[name] !== before[name]);
      },
      { timeout: 20_000 },
    )
    .toBe(true);
  return now;
}

test.each([
  ['one-for-one', ['b']],
  ['rest-for-one', ['b', 'c']],
  ['one-for-all', ['a', 'b', 'c']],
] as const)('%s starts again %j', async (strategy, again) => {
  const id = await supervise({ strategy, children: [child('a'), child('b'), child('c')] });
  const before = await untilAlive(id, 3);
  await api.post(`/v1/blocks/${before.b}/exit`, CRASH);
  const after = await untilRestarted(id, before, [...again]);
  const same = ['a', 'b', 'c'].filter((name) => !again.some((each) => each === name));
  for (const name of same) expect(after[name]).toBe(before[name]);
  expect((await read(before.b!)).exitReason).toEqual({ crash: 'boom' });
});

test('too many restarts end the supervisor, children first', async () => {
  const id = await supervise({
    intensity: 1,
    periodMs: 60_000,
    children: [child('a'), child('b')],
  });
  let lives = await untilAlive(id, 2);
  await api.post(`/v1/blocks/${lives.a}/exit`, CRASH);
  lives = await untilRestarted(id, lives, ['a']);
  await api.post(`/v1/blocks/${lives.a}/exit`, CRASH);
  await expect.poll(async () => (await read(id)).state).toBe('exited');
  expect((await read(id)).exitReason).toBe('shutdown');
  await expect.poll(async () => (await read(lives.b!)).exitReason).toBe('shutdown');
});

test('a nested supervisor that gives up is started again by its own', async () => {
  const inner = child('inner', {
    behavior: { kind: 'supervisor', intensity: 0, children: [child('leaf')] },
    capabilities: CAPABILITIES,
  });
  const id = await supervise({ children: [inner] });
  const before = await untilAlive(id, 1);
  const leaf = (await untilAlive(before.inner!, 1)).leaf;
  await api.post(`/v1/blocks/${leaf}/exit`, CRASH);
  const after = await untilRestarted(id, before, ['inner']);
  expect((await untilAlive(after.inner!, 1)).leaf).not.toBe(leaf);
  expect((await readTree(id)).children[0]?.restarts).toBe(1);
});

test('a child may have a name that every object has, also below another supervisor', async () => {
  const below = {
    ...child('below'),
    behavior: { kind: 'supervisor', children: [child('constructor')] },
    capabilities: CAPABILITIES,
  };
  const id = await supervise({ children: [below] });
  const supervisor = (await untilAlive(id, 1)).below!;
  const before = await untilAlive(supervisor, 1);
  await api.post(`/v1/blocks/${before.constructor}/exit`, CRASH);
  await untilRestarted(supervisor, before, ['constructor']);
});

test('a supervisor that is ending takes no more children', async () => {
  const slow = child('slow', { capabilities: ['CAP_TRAP_EXIT'], graceMs: 5_000 });
  const behavior = { kind: 'supervisor', children: [slow] };
  const capabilities = [...CAPABILITIES, 'CAP_TRAP_EXIT'];
  const { id } = (await api.post('/v1/blocks', { behavior, capabilities })).body;
  const children = await untilAlive(id, 1);
  await api.put(`/v1/blocks/${children.slow}/trap-exits`, { on: true });
  await api.post(`/v1/blocks/${id}/exit`, { reason: 'shutdown' });
  const added = await api.post(`/v1/blocks/${id}/children`, child('late'));
  expect([added.status, added.body.code]).toEqual([409, 'conflict']);
});

test('a child that waits before it is started again is seen in the tree', async () => {
  const backoff = { firstMs: 60_000, maxMs: 60_000 };
  const id = await supervise({ backoff, children: [child('a'), child('b')] });
  const { a, b } = await untilAlive(id, 2);
  const before = Date.now();
  await api.post(`/v1/blocks/${a}/exit`, CRASH);
  await expect.poll(async () => (await readTree(id)).awaited).toHaveLength(1);
  const { children, awaited } = await readTree(id);
  expect(children.map((each) => each.id)).toEqual([b]);
  expect(awaited).toEqual([{ name: 'a', restarts: 0, startsAt: expect.any(Number) }]);
  expect(awaited?.[0]?.startsAt).toBeGreaterThanOrEqual(before + backoff.firstMs);
  await api.delete(`/v1/blocks/${id}`);
});

test('a kept mailbox goes on where the last life left it, in order', async () => {
  // However soon its dead lives may be forgotten, what they leave is there for as long as it is wanted.
  const limits = { retentionMs: 0 };
  const backoff = { firstMs: 500, maxMs: 500 };
  const id = await supervise({ backoff, children: [child('a', { mailbox: 'keep', limits })] });
  const before = await untilAlive(id, 1);
  for (const n of [1, 2, 3]) await api.post(`/v1/blocks/${before.a}/messages`, { body: n });
  await api.post(`/v1/blocks/${before.a}/exit`, CRASH);
  const after = await untilRestarted(id, before, ['a']);
  await api.post(`/v1/blocks/${after.a}/messages`, { body: 4 });
  const got: { readonly body: number; readonly seq: number }[] = [];
  while (got.length < 4) {
    const query = { timeoutMs: 10_000, max: 10 };
    const { messages } = (await api.post(`/v1/blocks/${after.a}/receive`, query)).body;
    got.push(...messages);
    const leases = messages.map(({ lease }: { lease: string }) => lease);
    await api.post(`/v1/blocks/${after.a}/ack`, { leases });
  }
  expect(got.map(({ body }) => body)).toEqual([1, 2, 3, 4]);
  // However many lives there are, their messages have numbers.
  expect(got.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect((await read(after.a!)).mailbox.accepted).toBe(1);
});

test('a kept mailbox waits for a life whose start has failed before, and is nobody else’s', async () => {
  const budget = { messages: 3 };
  const a = child('a', { mailbox: 'keep', restart: 'transient', budget });
  const children = [a, child('b', { restart: 'temporary', budget })];
  const id = await supervise({ children }, { messages: 6 });
  const send = (to: string, body: string, from?: string) =>
    api.post(`/v1/blocks/${to}/messages`, { body }, from ? { 'Sallyport-Block': from } : undefined);
  const end = (block: string) => api.post(`/v1/blocks/${block}/exit`, { reason: 'normal' });
  const left = async () => (await read(id)).budget.messages;
  const before = await untilAlive(id, 2);
  expect((await send(before.a!, 'kept')).status).toBe(202);
  expect((await send(before.b!, 'costs one', before.a)).status).toBe(202);
  await end(before.a!);
  await expect.poll(left).toBe(2);
  await api.post(`/v1/blocks/${id}/children/a/restart`);
  expect((await readTree(id)).children).toMatchObject([{ name: 'b' }]);
  await end(before.b!);
  await expect.poll(left).toBe(5);
  await api.post(`/v1/blocks/${id}/children/a/restart`);
  const again = await untilAlive(id, 1);
  const receive = async (block: string) => {
    const { body } = await api.post(`/v1/blocks/${block}/receive`, { timeoutMs: 20_000 });
    return body.messages[0]?.body;
  };
  expect(await receive(again.a!)).toBe('kept');

  expect((await send(again.a!, 'of its own')).status).toBe(202);
  expect((await api.delete(`/v1/blocks/${id}/children/a`)).status).toBe(204);
  await untilAlive(id, 0);
  expect((await api.post(`/v1/blocks/${id}/children`, a)).status).toBe(202);
  const another = await untilAlive(id, 1);
  expect((await send(another.a!, 'fresh')).status).toBe(202);
  expect(await receive(another.a!)).toBe('fresh');
});

test('a restarted child keeps its name', async () => {
  const id = await supervise({ children: [child('named-worker')] });
  const before = await untilAlive(id, 1);
  const holder = async () => (await api.get('/v1/names/named-worker')).body.id;
  await expect.poll(holder).toBe(before['named-worker']);
  await api.post(`/v1/blocks/${before['named-worker']}/exit`, CRASH);
  const after = await untilRestarted(id, before, ['named-worker']);
  await expect.poll(holder).toBe(after['named-worker']);
});

test('children come and go while it runs', async () => {
  const id = await supervise({});
  expect((await api.post(`/v1/blocks/${id}/children`, child('a'))).status).toBe(202);
  const { a } = await untilAlive(id, 1);
  expect((await api.post(`/v1/blocks/${id}/children`, child('a'))).status).toBe(409);
  expect((await api.delete(`/v1/blocks/${id}/children/a`)).status).toBe(204);
  await untilAlive(id, 0);
  expect((await read(a!)).exitReason).toBe('shutdown');
  expect((await api.delete(`/v1/blocks/${id}/children/a`)).status).toBe(404);
});

test('a supervisor that is told to end takes its children with it', async () => {
  const id = await supervise({ children: [child('a'), child('b')] });
  const lives = await untilAlive(id, 2);
  await api.post(`/v1/blocks/${id}/exit`, { reason: 'shutdown' });
  await expect.poll(async () => (await read(id)).exitReason).toBe('shutdown');
  for (const each of Object.values(lives)) expect((await read(each)).state).toBe('exited');
});

test('a killed supervisor takes its children with it', async () => {
  const id = await supervise({ children: [child('a')] });
  const { a } = await untilAlive(id, 1);
  await api.delete(`/v1/blocks/${id}`);
  await expect.poll(async () => (await read(a!)).exitReason).toBe('killed');
});

test('a child cannot have what its supervisor has not', async () => {
  const id = await supervise({ children: [child('a', { capabilities: ['CAP_HTTP'] })] });
  await expect
    .poll(async () => (await read(id)).exitReason)
    .toEqual({ crash: 'child_start_failed' });
});

test('the tree is whole again after the process was killed in the middle of a restart', async () => {
  const id = await supervise({ strategy: 'one-for-all', children: [child('a'), child('b')] });
  const before = await untilAlive(id, 2);
  await api.post(`/v1/blocks/${before.a}/exit`, CRASH);
  await gateway.kill();
  await gateway.restart();
  await untilRestarted(id, before, ['a', 'b']);
  expect((await readTree(id)).children).toHaveLength(2);
});
