/** What an operator ends is over with the next request, and in turns that are running. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi, type EventReader, SCRIPT_MODEL, script } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { beginReply, refuse, type StandIn, startProvider } from '../support/provider.ts';
import { issueTicket, openPage, PAGE } from '../support/web-chat.ts';

let gateway: Gateway;
let root: Api;
let alice: Api;
let provider: StandIn;

beforeAll(async () => {
  provider = await startProvider();
  gateway = await startGateway({ secrets: { OPENAI_COMPATIBLE_BASE_URL: provider.baseUrl } });
  root = callApi(gateway);
  const { body } = await root.post('/v1/tokens', {
    subject: { kind: 'user', id: 'alice' },
    grants: ['session:*', 'tool:*', 'provider:*', 'storage:*', 'system:config:*', 'block:*'],
  });
  alice = callApi(gateway, body.token);
});
afterEach(async () => {
  for (const { killSwitch } of (await root.get('/v1/switches')).body.switches) {
    await root.post('/v1/switches/release', { killSwitch });
  }
});
afterAll(async () => {
  await gateway?.dispose();
  provider?.dispose();
});

const throwSwitch = async (killSwitch: object) =>
  expect((await root.post('/v1/switches', { killSwitch, reason: 'drill' })).status).toBe(204);

const count = (api: Api) => api.post('/v1/tools/text-stats/call', { arguments: { text: 'a' } });
const note = (api: Api) => api.post('/v1/tools/note-add/call', { arguments: { text: 'b' } });
const talk = async (api: Api) =>
  (await api.turn(await api.session(), script({ text: 'Hi.' }), SCRIPT_MODEL)).status;

test('a tool ends, and no other', async () => {
  expect((await count(alice)).status).toBe(200);
  await throwSwitch({ kind: 'tool', name: 'text-stats' });
  const denied = { status: 403, body: { reason: 'workspace_deny_match' } };
  expect(await count(alice)).toMatchObject(denied);
  expect(await count(root)).toMatchObject(denied);
  const other = { arguments: { json: '{"a":1}', query: 'a' } };
  expect((await alice.post('/v1/tools/json-query/call', other)).status).toBe(200);
});

test('a principal ends with all that it holds, and comes back when it is released', async () => {
  expect((await alice.get('/v1/tools')).status).toBe(200);
  await throwSwitch({ kind: 'principal', name: 'user:alice' });
  expect((await alice.get('/v1/tools')).status).toBe(401);
  expect((await root.get('/v1/tools')).status).toBe(200);
  const killSwitch = { kind: 'principal', name: 'user:alice' };
  expect((await root.post('/v1/switches/release', { killSwitch })).status).toBe(204);
  expect((await alice.get('/v1/tools')).status).toBe(200);
});

test('a provider ends with all its models, and no other', async () => {
  const ask = async (model: string) =>
    (await root.post('/v1/explain', { capability: `provider:llm:call:${model}` })).body;
  expect(await ask('anthropic/claude-x')).toMatchObject({ allowed: true });
  await throwSwitch({ kind: 'provider', name: 'anthropic' });
  const denied = { allowed: false, reason: 'workspace_deny_match' };
  expect(await ask('anthropic/claude-x')).toMatchObject(denied);
  expect(await ask('anthropic-eu/claude-x')).toMatchObject({ allowed: true });
});

test('writes end: conversations and reading go on', async () => {
  expect((await note(alice)).status).toBe(200);
  await throwSwitch({ kind: 'writes' });
  expect((await count(alice)).status).toBe(200);
  expect(await talk(alice)).toBe(200);
  const denied = { status: 403, body: { check: 'capability', reason: 'principal_grant_missing' } };
  expect(await note(alice)).toMatchObject(denied);
  expect(await note(root)).toMatchObject(denied);
  const mailbox = { behavior: { kind: 'mailbox' }, capabilities: [] };
  expect((await alice.post('/v1/blocks', mailbox)).status).toBe(403);
});

test('a workspace ends, but for looking, ending and releasing', async () => {
  await throwSwitch({ kind: 'workspace' });
  expect((await count(alice)).status).toBe(403);
  expect((await count(root)).status).toBe(403);
  expect((await alice.post('/v1/sessions', {})).status).toBe(403);
  expect((await alice.get('/v1/workspaces/default')).status).toBe(200);
  const killSwitch = { kind: 'workspace' };
  const asked = { capability: 'tool:call:text-stats', principal: 'user:root' };
  const { body: why } = await root.post('/v1/explain', asked);
  expect(why).toMatchObject({ allowed: false, killSwitch });
  expect(why).not.toHaveProperty('missingGrant');
  expect((await alice.post('/v1/switches/release', { killSwitch })).status).toBe(204);
  expect((await count(alice)).status).toBe(200);
});

describe('a turn that is running', () => {
  test('is denied its next call', async () => {
    const session = await alice.session();
    const call = (text: string) => ({ toolCalls: [{ name: 'text-stats', arguments: { text } }] });
    const steps = script(call('one'), { ...call('two'), delayMs: 1_500 }, { text: 'Done.' });
    const turn = await alice.streamTurn(session, steps, SCRIPT_MODEL);
    await turn.until(({ kind }) => kind === 'tool-result');
    await throwSwitch({ kind: 'tool', name: 'text-stats' });
    const denied = await turn.until(({ kind }) => kind === 'tool-call-denied');
    expect(denied.data).toMatchObject({ reason: 'workspace_deny_match' });
    turn.close();
  });
});

describe('a turn that only talks to its model', () => {
  const MODEL = 'compatible/talk';
  const issue = async (id: string, expiresInSeconds?: number) => {
    const grants = ['session:*', 'provider:*'];
    const order = {
      subject: { kind: 'user', id },
      grants,
      ...(expiresInSeconds && { expiresInSeconds }),
    };
    return (await root.post('/v1/tokens', order)).body;
  };
  const toTurns = (session: string) => `/v1/sessions/${session}/turns`;
  const endOf = async (session: string, turnId: string) => {
    const { events, ended } = await root.follow(session, turnId, 0);
    await ended;
    return events.at(-1);
  };

  /** The provider begins to answer, and goes on until it is left. */
  const holdReply = async () => {
    const begun = Promise.withResolvers<{ readonly left: Promise<void> }>();
    provider.answer = (_, response) => {
      beginReply(response, [{ role: 'assistant', content: 'Once upon a time' }]);
      begun.resolve({ left: new Promise((resolve) => response.once('close', resolve)) });
    };
    return begun.promise;
  };

  const beginTalk = async (api: Api) => {
    const held = holdReply();
    const session = await api.session();
    const turn = await api.streamTurn(session, 'Tell me a story', MODEL);
    const { data } = await turn.until(({ kind }) => kind === 'turn-started');
    return { session, turnId: data.turnId as string, ...(await held) };
  };

  const anyOther = { kind: 'principal', name: 'user:nobody' };
  const killed = (killSwitch: object) => ({ by: () => throwSwitch(killSwitch) });
  test.each([
    ['its token is revoked', { by: (id: string) => root.delete(`/v1/tokens/${id}`) }],
    ['its principal is switched off', killed({ kind: 'principal', name: 'user:talker' })],
    ['its provider is switched off', killed({ kind: 'provider', name: 'compatible' })],
    ['its workspace is switched off', killed({ kind: 'workspace' })],
  ])('is over once %s, and its provider is left', async (_, { by }) => {
    const { id, token } = await issue('talker');
    const talk = await beginTalk(callApi(gateway, token));
    await by(id);
    expect(await endOf(talk.session, talk.turnId)).toMatchObject({
      kind: 'turn-failed',
      data: { code: 'denied' },
    });
    await talk.left;
  });

  test('is over if it is root’s own and its workspace is switched off, and goes on otherwise', async () => {
    const talk = await beginTalk(root);
    await throwSwitch(anyOther);
    const path = `${toTurns(talk.session)}/${talk.turnId}`;
    expect((await root.get(path)).body).toMatchObject({ status: 'running' });
    await throwSwitch({ kind: 'workspace' });
    expect((await root.get(path)).body).toMatchObject({ status: 'failed', code: 'denied' });
    await talk.left;
  });

  test('is over when its token ends, though nobody is told of that', async () => {
    const { token } = await issue('short', 6);
    const talk = await beginTalk(callApi(gateway, token));
    expect(await endOf(talk.session, talk.turnId)).toMatchObject({ data: { code: 'denied' } });
    await talk.left;
  });

  test('is over once its schedule is removed', async () => {
    const held = holdReply();
    const spec = {
      name: 'story',
      when: { cron: '0 0 1 1 *' },
      input: 'Tell me a story',
      model: MODEL,
    };
    const capabilities = ['provider:llm:call:*'];
    expect((await root.post('/v1/schedules', { ...spec, capabilities })).status).toBe(201);
    await root.post('/v1/schedules/story/run');
    const { left } = await held;
    expect((await root.delete('/v1/schedules/story')).status).toBe(204);
    await left;
  });

  test('is over once its channel is removed', async () => {
    const held = holdReply();
    const order = {
      ...{ name: 'shop', platform: 'web-chat', credentials: {}, origins: [PAGE], model: MODEL },
      ...{ access: { mode: 'open' }, capabilities: ['provider:llm:call:*'] },
    };
    expect((await root.post('/v1/channels', order)).status).toBe(201);
    const ticket = await issueTicket(root, 'shop', 'ann');
    const page = await openPage(gateway, { channel: 'shop', ticket });
    page.send({ kind: 'resume' });
    page.send({ kind: 'message', id: 'm1', text: 'Tell me a story' });
    const { left } = await held;
    expect((await root.delete('/v1/channels/shop')).status).toBe(204);
    await left;
    await page.closed;
  });

  test('is over once its sender is denied, and he hears nothing of it', async () => {
    const order = {
      ...{ name: 'desk', platform: 'web-chat', credentials: {}, origins: [PAGE], model: MODEL },
      ...{ access: { mode: 'pair-on-request' }, capabilities: ['provider:llm:call:*'] },
    };
    expect((await root.post('/v1/channels', order)).status).toBe(201);
    const open = async (sender: string) =>
      openPage(gateway, { channel: 'desk', ticket: await issueTicket(root, 'desk', sender) });
    const page = await open('ann');
    await page.say('m1', 'Hello');
    const [pairing] = (await root.get('/v1/channels/desk')).body.pairings;
    const decide = (decision: string) =>
      root.post(`/v1/channels/desk/pairings/${pairing.id}`, { decision });
    expect((await decide('approve')).status).toBe(200);
    const held = holdReply();
    await page.say('m2', 'Tell me a story');
    const { left } = await held;
    expect((await decide('deny')).status).toBe(200);
    await left;
    const updates = async () => (await root.get('/v1/channels/desk')).body.updates;
    await expect.poll(async () => (await updates())[0].status).not.toBe('waiting');
    expect(page.replies().join()).not.toContain('Once upon a time');
    page.close();
    expect((await root.delete('/v1/channels/desk')).status).toBe(204);
  });

  test('does not ask its provider again', async () => {
    const { id, token } = await issue('asker');
    const refused = Promise.withResolvers<void>();
    provider.answer = (_, response) => {
      refuse(response, 500);
      refused.resolve();
    };
    const before = provider.asked.length;
    const api = callApi(gateway, token);
    const session = await api.session();
    const turn = await api.streamTurn(session, 'Hi', MODEL);
    const { data } = await turn.until(({ kind }) => kind === 'turn-started');
    await refused.promise;
    await root.delete(`/v1/tokens/${id}`);
    expect(await endOf(session, data.turnId)).toMatchObject({ data: { code: 'denied' } });
    expect(provider.asked.length - before).toBe(1);
  });
});

test('root hears its turns to their end, whatever is thrown', async () => {
  const session = await root.session();
  const begin = () => root.streamTurn(session, script({ text: 'Hi.' }), SCRIPT_MODEL);
  const endOf = async (stream: EventReader) => {
    await stream.ended;
    return stream.events.at(-1)?.kind;
  };
  const turn = await begin();
  const { data } = await turn.until(({ kind }) => kind === 'turn-started');
  expect(await endOf(turn)).toBe('turn-finished');
  const killSwitch = { kind: 'principal', name: 'user:root' };
  await throwSwitch(killSwitch);
  expect(await endOf(await root.follow(session, data.turnId, 0))).toBe('turn-finished');
  await root.post('/v1/switches/release', { killSwitch });
  await throwSwitch({ kind: 'workspace' });
  expect(await endOf(await begin())).toMatch(/^turn-(finished|failed)$/);
});

test('every switch is on the record, and listed with its reason', async () => {
  await throwSwitch({ kind: 'tool', name: 'csv-query' });
  const { body } = await root.get('/v1/switches');
  expect(body.switches).toMatchObject([
    { killSwitch: { kind: 'tool', name: 'csv-query' }, by: 'user:root', reason: 'drill' },
  ]);
  await expect
    .poll(async () =>
      (await root.get('/v1/audit?action=switch-thrown&limit=500')).body.records.at(-1),
    )
    .toMatchObject({ event: { killSwitch: 'tool/csv-query', actor: 'user:root' } });
});

test('what somebody touched is read from the record', async () => {
  await count(alice);
  await note(alice);
  const { body: bob } = await root.post('/v1/tokens', {
    subject: { kind: 'user', id: 'bob' },
    grants: ['session:read'],
  });
  await callApi(gateway, bob.token).post('/v1/sessions', {});
  const report = async (name: string, from = 0) =>
    (await root.get(`/v1/audit/touched?principal=user:${name}&from=${from}`)).body;
  await expect
    .poll(async () => (await report('alice')).touched.tools)
    .toMatchObject({ 'text-stats': expect.any(Number), 'note-add': expect.any(Number) });
  await expect
    .poll(async () => (await report('bob')).actions)
    .toEqual({ 'request-denied': { done: 0, denied: 1 } });
  expect((await report('bob')).touched.sessions).toEqual({});
  expect(await report('alice', Date.now() + 60_000)).toMatchObject({ events: 0 });
  expect((await alice.get('/v1/audit/touched?principal=user:bob')).status).toBe(403);
  for (const query of ['audit/touched?principal=bob', 'budgets?principal=usr:bob']) {
    const { status, body } = await root.get(`/v1/${query}`);
    const errors = [{ pointer: '/principal', detail: 'must be kind:id' }];
    expect([status, body.errors]).toEqual([422, errors]);
  }
});

test('the blocks that act for somebody are named with what he touched, children too', async () => {
  const mailbox = { kind: 'mailbox' };
  const capabilities = ['CAP_SPAWN', 'CAP_SEND'];
  const parent = await alice.post('/v1/blocks', { behavior: mailbox, capabilities });
  const order = { behavior: mailbox, capabilities: [], parent: parent.body.id };
  const acting = { 'Sallyport-Block': parent.body.id };
  const child = await alice.post('/v1/blocks', order, acting);
  expect([parent.status, child.status]).toEqual([201, 201]);
  const path = '/v1/audit/touched?principal=user:alice';
  await expect
    .poll(async () => (await root.get(path)).body.blocks)
    .toEqual(expect.arrayContaining([`block:${parent.body.id}`, `block:${child.body.id}`]));
  const { body } = await root.get(`/v1/audit/touched?principal=block:${parent.body.id}`);
  expect(body.touched.resources).toEqual({ [child.body.id]: 1 });
  expect(body.blocks).toEqual([`block:${child.body.id}`]);
  expect((await root.get(`${path}&after=1`)).body).not.toHaveProperty('blocks');
});

test('all tokens of a principal end at once, or those of everybody but the operator', async () => {
  const issue = async (id: string, issuer: Api = root) => {
    const grants = ['session:read', 'system:token:issue', 'system:token:revoke'];
    const subject = { kind: 'service', id };
    const { body } = await issuer.post('/v1/tokens', { subject, grants });
    return callApi(gateway, body.token);
  };
  const status = async (api: Api) => (await api.get('/v1/tools')).status;
  const operator = await issue('operator');
  const [first, second, other] = [await issue('gone'), await issue('gone'), await issue('other')];
  const handedOn = await issue('handed-on', first);
  const revoked = await operator.post('/v1/tokens/revoke', { subject: 'service:gone' });
  expect(revoked.body).toEqual({ revoked: 2 });
  expect([await status(first), await status(second), await status(other)]).toEqual([401, 401, 200]);
  expect((await handedOn.post('/v1/tokens', {})).status).toBe(403);
  expect((await operator.post('/v1/tokens/revoke', {})).status).toBe(422);
  const all = await operator.post('/v1/tokens/revoke', { everybody: true });
  expect(all.body.revoked).toBeGreaterThan(0);
  expect([await status(operator), await status(other), await status(alice)]).toEqual([
    200, 401, 401,
  ]);
});

test.each([
  { kind: 'everything' },
  { kind: 'tool' },
  { kind: 'tool', name: '*' },
  { kind: 'principal', name: 'alice' },
  { kind: 'provider', name: 'a/*' },
  { kind: 'workspace', name: 'other' },
])('refuses %j', async (killSwitch) => {
  expect((await root.post('/v1/switches', { killSwitch })).status).toBe(422);
});
