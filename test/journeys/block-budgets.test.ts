/**
 * What a tree of blocks uses up comes out of what its root was given, and no block takes messages
 * faster than it says.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, script } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let api: Api;

beforeAll(async () => {
  gateway = await startGateway({ examples: false });
  api = callApi(gateway);
});

afterAll(() => gateway?.dispose());

const mailbox = { kind: 'mailbox' };
const BASIC = ['CAP_SEND', 'CAP_RECEIVE', 'CAP_SPAWN', 'CAP_INFER'];
const AGENT = { kind: 'agent', model: 'embedded/script' };

const ask = (more: object) =>
  api.post('/v1/blocks', { behavior: mailbox, capabilities: BASIC, ...more });

async function spawn(more: object = {}): Promise<string> {
  const answer = await ask(more);
  expect([answer.status, answer.body]).toEqual([201, expect.any(Object)]);
  return answer.body.id;
}

const read = async (id: string) => (await api.get(`/v1/blocks/${id}`)).body;
const budget = async (id: string) => (await read(id)).budget;
const say = (from: string, to: string) =>
  api.post(`/v1/blocks/${to}/messages`, { body: 1 }, { 'Sallyport-Block': from });
const end = (id: string, reason: unknown = 'normal') =>
  api.post(`/v1/blocks/${id}/exit`, { reason });

describe('a child', () => {
  test('gets its share out of its parent, and gives back what it has left', async () => {
    const root = await spawn({ budget: { tokens: 1_000, messages: 10, children: 3 } });
    const share = { tokens: 400, messages: 4, children: 1 };
    const child = await spawn({ parent: root, budget: share });
    expect(await budget(root)).toEqual({ tokens: 600, messages: 6, children: 1 });
    expect(await budget(child)).toEqual(share);
    expect((await say(child, root)).status).toBe(202);
    await end(child);
    const left = { tokens: 1_000, messages: 9, children: 2 };
    await expect.poll(() => budget(root)).toEqual(left);
  });

  test('never gets more than its parent has left', async () => {
    const root = await spawn({ budget: { tokens: 1_000, children: 2 } });
    const refused = await ask({ parent: root, budget: { tokens: 1_001 } });
    expect([refused.status, refused.body.code]).toEqual([429, 'budget_exhausted']);
    await spawn({ parent: root, budget: { tokens: 600 } });
    expect((await ask({ parent: root, budget: { tokens: 401 } })).status).toBe(429);
    await spawn({ parent: root, budget: { tokens: 400 } });
    expect(await budget(root)).toEqual({ tokens: 0, children: 0 });
    expect((await ask({ parent: root })).status).toBe(429);
  });

  test('that asks for nothing of what its parent counts gets nothing of it', async () => {
    const root = await spawn({ budget: { messages: 5 } });
    const child = await spawn({ parent: root });
    expect(await budget(child)).toEqual({ messages: 0 });
    expect((await say(child, root)).body.code).toBe('budget_exhausted');
    expect((await read(child)).state).toBe('running');
  });

  test('whose parent has ended gives back to the one above it', async () => {
    const root = await spawn({ budget: { messages: 10 } });
    const middle = await spawn({ parent: root, budget: { messages: 8 } });
    const leaf = await spawn({ parent: middle, budget: { messages: 5 } });
    await say(leaf, root);
    await end(middle);
    await expect.poll(() => budget(root)).toEqual({ messages: 5 });
    await end(leaf);
    await expect.poll(() => budget(root)).toEqual({ messages: 9 });
  });
});

test('messages are counted exactly, and the one too many is a refusal', async () => {
  const to = await spawn();
  const id = await spawn({ budget: { messages: 3 } });
  const answers = [];
  for (let n = 0; n < 5; n++) answers.push((await say(id, to)).status);
  expect(answers).toEqual([202, 202, 202, 429, 429]);
  expect(await budget(id)).toEqual({ messages: 0 });
  expect((await read(to)).mailbox.depth).toBe(3);
});

describe('tokens of an agent', () => {
  const usage = { inputTokens: 30, outputTokens: 50 };
  const call = (id: string, body: string) =>
    api.post(`/v1/blocks/${id}/call`, { body, timeoutMs: 30_000 });

  test('are held for each turn and settled after it', async () => {
    const id = await spawn({ behavior: AGENT, budget: { tokens: 20_000 } });
    expect((await call(id, script({ text: 'hello', usage }))).body.body).toBe('hello');
    expect(await budget(id)).toEqual({ tokens: 19_920 });
  });

  test('that are too few for a turn end the life, and another one goes on from there', async () => {
    const child = { name: 'poor', behavior: AGENT, capabilities: ['CAP_INFER', 'CAP_SEND'] };
    const children = [{ ...child, budget: { tokens: 10 } }];
    const id = await spawn({
      behavior: { kind: 'supervisor', children, intensity: 1, periodMs: 60_000 },
      capabilities: ['CAP_SUPERVISE', ...BASIC],
      budget: { tokens: 15, children: 10 },
    });
    const first = (await api.get(`/v1/blocks/${id}/tree`)).body.children[0].id;
    await api.post(`/v1/blocks/${first}/messages`, { body: 'hello' });
    await expect
      .poll(async () => (await read(first)).exitReason)
      .toEqual({ crash: 'budget_exhausted' });
    const isNext = async () => {
      const next = (await api.get(`/v1/blocks/${id}/tree`)).body.children[0]?.id;
      return next !== undefined && next !== first;
    };
    await expect.poll(isNext).toBe(true);
    await expect.poll(() => budget(id)).toEqual({ tokens: 5, children: 8 });
  });
});

describe('a supervisor', () => {
  const child = { name: 'child', behavior: mailbox, capabilities: [], budget: { messages: 6 } };

  test('that cannot pay for the next life gives up', async () => {
    const id = await spawn({
      behavior: { kind: 'supervisor', children: [child], intensity: 2, periodMs: 60_000 },
      capabilities: ['CAP_SUPERVISE', ...BASIC],
      budget: { messages: 10, children: 2 },
    });
    const childOf = async () => (await api.get(`/v1/blocks/${id}/tree`)).body.children[0]?.id;
    const first = await childOf();
    await end(first, { crash: 'boom' });
    await expect.poll(async () => ![undefined, first].includes(await childOf())).toBe(true);
    expect(await budget(id)).toEqual({ messages: 4, children: 0 });
    await end(await childOf(), { crash: 'boom' });
    await expect.poll(async () => (await read(id)).exitReason).toBe('shutdown');
  });
});

test('nothing is lost or doubled when the gateway is killed while children come and go', async () => {
  const root = await spawn({ budget: { messages: 1_000, children: 200 } });
  const spawned: string[] = [];
  const asking = Array.from({ length: 20 }, async () => {
    const answer = await ask({ parent: root, budget: { messages: 10 } }).catch(() => undefined);
    if (answer?.status !== 201) return;
    spawned.push(answer.body.id);
    await end(answer.body.id).catch(() => undefined);
  });
  await Promise.race(asking);
  await gateway.kill();
  await Promise.all(asking);
  await gateway.restart();
  for (const id of spawned) await end(id);
  const children = async () => (await api.get(`/v1/blocks/${root}/tree`)).body.children;
  // Those whose answer was lost live on: all that was not theirs is back.
  const isExact = async () => {
    const living = (await children()).length;
    const { messages } = await budget(root);
    return messages === 1_000 - 10 * living;
  };
  await expect.poll(isExact, { timeout: 20_000 }).toBe(true);
  for (const { id } of await children()) await end(id);
  await expect.poll(async () => (await budget(root)).messages, { timeout: 20_000 }).toBe(1_000);
});

describe('messages in a second', () => {
  const limits = { messagesPerSecond: 1 };
  const send = (id: string) => api.post(`/v1/blocks/${id}/messages`, { body: 1 });
  const burst = (count: number, one: () => ReturnType<typeof send>) =>
    Promise.all(Array.from({ length: count }, one));

  test('more of them are refused, with the time after which the next one is taken', async () => {
    const id = await spawn({ limits });
    const answers = await burst(20, () => send(id));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(10);
    expect(refused[0]?.body.code).toBe('rate_limited');
    expect(refused[0]?.headers.get('Retry-After')).toBe('1');
    const { depth, rejected } = (await read(id)).mailbox;
    expect([depth + rejected, rejected]).toEqual([20, refused.length]);
    await expect.poll(async () => (await send(id)).status, { timeout: 20_000 }).toBe(202);
  });

  test('blocks are refused likewise, or not told where new messages are dropped', async () => {
    const from = await spawn();
    const id = await spawn({ limits });
    const statuses = (await burst(20, () => say(from, id))).map(({ status }) => status);
    expect(statuses).toContain(429);
    const dropping = await spawn({ limits: { ...limits, overflow: 'drop-new' } });
    const answers = await burst(20, () => say(from, dropping));
    expect(answers.every(({ status }) => status === 202)).toBe(true);
    expect((await read(dropping)).mailbox.dropped).toBeGreaterThanOrEqual(10);
  });
});

describe('who tries to have more', () => {
  test('does not spend what is his sibling’s', async () => {
    const root = await spawn({ budget: { messages: 4 } });
    const rich = await spawn({ parent: root, budget: { messages: 3 } });
    const poor = await spawn({ parent: root, budget: { messages: 1 } });
    expect((await say(poor, root)).status).toBe(202);
    expect((await say(poor, root)).status).toBe(429);
    await end(poor);
    expect(await budget(rich)).toEqual({ messages: 3 });
    await expect.poll(() => budget(root)).toEqual({ messages: 0 });
  });

  test.each([{ tokens: -1 }, { tokens: 1.5 }, { tokens: 1e13 }, { fuel: 1 }])(
    'is not heard with %j',
    async (asked) => {
      expect((await ask({ budget: asked })).status).toBe(422);
    },
  );
});
