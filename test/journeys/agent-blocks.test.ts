/**
 * Blocks that behave by themselves: an agent that answers, uses a tool within its capabilities, and is
 * started again by its supervisor.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, callApi, script } from '../support/api.ts';
import { eventually } from '../support/channels.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { beginReply, type StandIn, startProvider } from '../support/provider.ts';
import { installScript } from '../support/script-plugins.ts';

let gateway: Gateway;
let api: Api;
let provider: StandIn;

beforeAll(async () => {
  provider = await startProvider();
  const secrets = {
    OPENAI_COMPATIBLE_BASE_URL: provider.baseUrl,
    OPENAI_COMPATIBLE_MODELS: 'silent',
  };
  gateway = await startGateway({ secrets });
  api = callApi(gateway);
});

afterAll(async () => {
  await gateway?.dispose();
  provider?.dispose();
});

const AGENT = ['CAP_INFER', 'CAP_SEND', 'CAP_RECEIVE'];
const COUNT = 'Count the words in: the quick brown fox';
const SCRIPTED = { kind: 'agent', model: 'embedded/script' };

async function spawn(body: object): Promise<string> {
  const answer = await api.post('/v1/blocks', body);
  expect(answer.status).toBe(201);
  return answer.body.id;
}

const read = async (id: string) => (await api.get(`/v1/blocks/${id}`)).body;
const call = (id: string, body: unknown) =>
  api.post(`/v1/blocks/${id}/call`, { body, timeoutMs: 30_000 });

test('an agent answers a call, with a tool that its capabilities cover', async () => {
  const id = await spawn({
    behavior: { kind: 'agent' },
    capabilities: [...AGENT, 'tool:call:text-stats'],
  });
  const answer = await call(id, COUNT);
  expect(answer.status).toBe(200);
  expect(JSON.stringify(answer.body.body)).toContain('4');
});

test('an agent whose conversation is deleted while its model thinks crashes, and nothing waits for it', async () => {
  const id = await spawn({
    behavior: { kind: 'agent', model: 'compatible/silent' },
    capabilities: [...AGENT, 'provider:llm:call:compatible/silent'],
  });
  expect((await call(id, 'Hello')).body.body).toBe('Hello.');
  const sessionId = await eventually(async () => {
    const query = `actor=block:${id}&action=turn-admitted`;
    const [admitted] = (await api.get(`/v1/audit?${query}`)).body.records;
    expect(admitted).toBeDefined();
    return admitted.event.sessionId;
  });
  provider.answer = () => undefined;
  expect((await api.post(`/v1/blocks/${id}/messages`, { body: 'Go on' })).status).toBe(202);
  await eventually(() => expect(provider.asked).toHaveLength(2));
  expect((await api.delete(`/v1/sessions/${sessionId}`)).status).toBe(204);
  await eventually(async () =>
    expect(await read(id)).toMatchObject({ state: 'exited', exitReason: { crash: 'not_found' } }),
  );
});

test.each(['kill', 'shutdown'])(
  'an agent that is ended (%s) lets go of its model',
  async (reason) => {
    const id = await spawn({
      behavior: { kind: 'agent', model: 'compatible/silent' },
      capabilities: AGENT,
    });
    const begun = Promise.withResolvers<{ readonly left: Promise<void> }>();
    provider.answer = (_, response) => {
      beginReply(response, [{ role: 'assistant', content: 'Once upon a time' }]);
      begun.resolve({ left: new Promise((resolve) => response.once('close', resolve)) });
    };
    await api.post(`/v1/blocks/${id}/messages`, { body: 'Tell me a story' });
    const { left } = await begun.promise;
    expect((await api.post(`/v1/blocks/${id}/exit`, { reason })).status).toBe(202);
    await left;
    const query = `actor=block:${id}&action=turn-cancelled`;
    await eventually(async () =>
      expect((await api.get(`/v1/audit?${query}`)).body.records).toHaveLength(1),
    );
  },
);

test('a tool that the block may not call is denied to its model, and the block lives', async () => {
  const id = await spawn({ behavior: SCRIPTED, capabilities: AGENT });
  const steps = script(
    { toolCalls: [{ name: 'text-stats', arguments: { text: 'a b' } }] },
    { text: 'I could not.' },
  );
  expect((await call(id, steps)).body.body).toBe('I could not.');
  const denials = async () =>
    (await api.get('/v1/audit?action=tool-call&decision=denied&limit=200')).body.records;
  await expect.poll(denials).toContainEqual(
    expect.objectContaining({
      event: expect.objectContaining({
        actor: `block:${id}`,
        check: 'capability',
        reason: 'block_capability_missing',
      }),
    }),
  );
  expect((await read(id)).state).not.toBe('exited');
});

test('an agent that may not ask a model crashes of it', async () => {
  const id = await spawn({ behavior: { kind: 'agent' }, capabilities: ['CAP_SEND'] });
  await api.post(`/v1/blocks/${id}/messages`, { body: 'hello' });
  await expect.poll(async () => (await read(id)).exitReason).toMatchObject({ crash: 'capability' });
});

test('an answer bears the label of all that the agent has heard, in earlier turns too', async () => {
  // A tool that does not say that it works in a closed world.
  expect((await installScript(gateway, 'news', 'export const run = () => "old";')).status).toBe(
    201,
  );
  const id = await spawn({ behavior: SCRIPTED, capabilities: [...AGENT, 'tool:call:news'] });
  const integrity = async (...steps: object[]) => {
    const { status, body } = await call(id, script(...steps));
    expect(status).toBe(200);
    return body.label.integrity;
  };
  expect(await integrity({ text: 'Hello.' })).toBe('trusted');
  const news = { toolCalls: [{ name: 'news', arguments: {} }] };
  expect(await integrity(news, { text: 'I have read it.' })).toBe('untrusted');
  expect(await integrity({ text: 'Hello again.' })).toBe('untrusted');
});

test('agents answer each other', async () => {
  const echo = await spawn({ behavior: SCRIPTED, capabilities: AGENT });
  const asking = await spawn({
    behavior: { kind: 'mailbox' },
    capabilities: ['CAP_SEND', 'CAP_RECEIVE'],
  });
  const body = script({ text: 'hello back' });
  const headers = { 'Sallyport-Block': asking };
  await api.post(`/v1/blocks/${echo}/messages`, { body }, headers);
  const query = { timeoutMs: 15_000 };
  const { messages } = (await api.post(`/v1/blocks/${asking}/receive`, query)).body;
  expect(messages[0]).toMatchObject({ from: `block:${echo}`, body: 'hello back' });
});

test('a message that ends three lives is set aside, and the next life goes on without it', async () => {
  const broken = { kind: 'agent', model: 'openai/not-configured' };
  const children = [{ name: 'fragile', behavior: broken, capabilities: AGENT, mailbox: 'keep' }];
  const behavior = { kind: 'supervisor', intensity: 10, children };
  const id = await spawn({ behavior, capabilities: ['CAP_SUPERVISE', 'CAP_SPAWN', ...AGENT] });
  const child = async () => (await api.get(`/v1/blocks/${id}/tree`)).body.children[0];
  await expect.poll(async () => (await child())?.id).toBeDefined();
  await api.post(`/v1/blocks/${(await child()).id}/messages`, { body: 'poison' });
  let third = '';
  await expect
    .poll(
      async () => {
        const now = await child();
        if (now?.restarts === 2) third = now.id;
        return now?.restarts;
      },
      { timeout: 20_000, interval: 10 },
    )
    .toBe(3);
  expect(await child()).toMatchObject({ state: 'running', depth: 0 });
  if (third === '') return;
  const { deadLetters } = (await api.get(`/v1/blocks/${third}/dead-letters`)).body;
  expect(deadLetters).toMatchObject([{ body: 'poison', attempts: 3 }]);
});
