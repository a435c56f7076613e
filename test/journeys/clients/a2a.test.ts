/** An agent elsewhere, with the official client of A2A, unmodified. */

import { Role, type SendMessageRequest, type Task, TaskState } from '@a2a-js/sdk';
import { type Client, ClientFactory, JsonRpcTransportFactory } from '@a2a-js/sdk/client';
import { JsonRpcTransportError } from '@a2a-js/sdk/errors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callApi, SCRIPT_MODEL, script } from '../../support/api.ts';
import { askAlways, changePolicy, credential } from '../../support/approvals.ts';
import { type Gateway, startGateway } from '../../support/gateway.ts';

let gateway: Gateway;
let client: Client;

beforeAll(async () => {
  gateway = await startGateway();
  const { body } = await callApi(gateway).get('/v1/workspaces/default');
  const models = { ...body.policy.models, default: SCRIPT_MODEL };
  await changePolicy(callApi(gateway), { models });
  client = await connect(gateway.token);
});
afterAll(() => gateway?.dispose());

async function connect(token: string): Promise<Client> {
  const fetchImpl: typeof fetch = (input, init) =>
    fetch(input, {
      ...init,
      headers: {
        ...Object.fromEntries(new Headers(init?.headers)),
        Authorization: `Bearer ${token}`,
      },
    });
  const transports = [new JsonRpcTransportFactory({ fetchImpl })];
  return new ClientFactory({ transports }).createFromUrl(gateway.url);
}

let messages = 0;

const said = (text: string, more: object = {}): SendMessageRequest => ({
  tenant: '',
  configuration: undefined,
  metadata: undefined,
  message: {
    messageId: `m${messages++}`,
    contextId: '',
    taskId: '',
    role: Role.ROLE_USER,
    parts: [
      {
        content: { $case: 'text', value: text },
        metadata: undefined,
        filename: '',
        mediaType: 'text/plain',
      },
    ],
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
    ...more,
  },
});

const get = (id: string) => client.getTask({ tenant: '', id });

const cancel = (id: string) => client.cancelTask({ tenant: '', id, metadata: undefined });

async function send(text: string, more: object = {}, of = client): Promise<Task> {
  const result = await of.sendMessage(said(text, more));
  if (!('status' in result)) throw new Error('it is no task');
  return result;
}

const textOf = ({ artifacts }: Task) =>
  artifacts.map(({ parts }) => parts.map(({ content }) => content?.value).join('')).join('|');

const COUNTS = script(
  { text: 'Counting.', toolCalls: [{ name: 'text-stats', arguments: { text: 'one two' } }] },
  { text: 'Done.' },
);

describe('a task', () => {
  test('is done by an agent that used a tool, and read again', async () => {
    const task = await send(COUNTS);
    expect(task.status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
    expect(textOf(task)).toBe('Counting.|Done.');
    expect(await get(task.id)).toEqual(task);
  });

  test('streams: itself, its artifacts, its end', async () => {
    const kinds: string[] = [];
    let text = '';
    for await (const { payload } of client.sendMessageStream(said(COUNTS))) {
      kinds.push(payload?.$case ?? '');
      if (payload?.$case !== 'artifactUpdate') continue;
      text += payload.value.artifact?.parts.map(({ content }) => content?.value).join('') ?? '';
    }
    expect(kinds[0]).toBe('task');
    expect(kinds.at(-1)).toBe('statusUpdate');
    expect(text).toBe('Counting.Done.');
  });

  test('has a context, in which the next one goes on', async () => {
    const first = await send(script({ text: 'One.' }));
    const second = await send(script({ text: 'Two.' }), { contextId: first.contextId });
    expect(second.contextId).toBe(first.contextId);
    expect(second.id).not.toBe(first.id);
    const { body } = await callApi(gateway).get(`/v1/sessions/${first.contextId}/messages`);
    expect(body.messages).toHaveLength(4);
  });

  test('is begun once by a message that is sent twice', async () => {
    const messageId = 'same';
    const [one, two] = [await send(COUNTS, { messageId }), await send(COUNTS, { messageId })];
    expect(two.id).toBe(one.id);
  });

  test('is cancelled while it runs, and not once it has ended', async () => {
    const slow = said(script({ delayMs: 8_000, text: 'Late.' }));
    const configuration = {
      acceptedOutputModes: [],
      taskPushNotificationConfig: undefined,
      returnImmediately: true,
    };
    const begun = await client.sendMessage({ ...slow, configuration });
    if (!('status' in begun)) throw new Error('it is no task');
    const cancelled = await cancel(begun.id);
    expect(cancelled.status?.state).toBe(TaskState.TASK_STATE_CANCELED);
    const ended = await send(script({ text: 'One.' }));
    await expect(cancel(ended.id)).rejects.toThrow('has ended');
  });

  test('is not found by who waits for it once its context was deleted', async () => {
    const { contextId } = await send(script({ text: 'One.' }));
    const next = send(script({ delayMs: 8_000, text: 'Late.' }), { contextId });
    const refused = expect(next).rejects.toThrow('There is no such task');
    const api = callApi(gateway);
    const context = `/v1/sessions/${contextId}`;
    await expect.poll(async () => (await api.get(context)).body.activeTurn).toBeDefined();
    expect((await api.delete(context)).status).toBe(204);
    await refused;
  });

  test('says that a human must approve, and goes on once he has', async () => {
    await askAlways(callApi(gateway), ['tool:call:text-stats']);
    const task = await send(COUNTS);
    expect(task.status?.state).toBe(TaskState.TASK_STATE_AUTH_REQUIRED);
    const human = await credential(gateway);
    const [approval] = (await human.get('/v1/approvals?state=pending')).body.approvals;
    const rest = client.resubscribeTask({ tenant: '', id: task.id });
    const { value: now } = await rest.next();
    expect(now?.payload).toMatchObject({ $case: 'task', value: task });
    await human.post(`/v1/approvals/${approval.id}`, { decision: 'approve' });
    const changes: unknown[] = [];
    for await (const { payload } of rest) changes.push(payload?.$case);
    expect([changes[0], changes[1], changes.at(-1)]).toEqual([
      ...['statusUpdate', 'artifactUpdate', 'statusUpdate'],
    ]);
    expect((await get(task.id)).status?.state).toBe(TaskState.TASK_STATE_COMPLETED);
    await expect(client.resubscribeTask({ tenant: '', id: task.id }).next()).rejects.toThrow(
      'GetTask reads it',
    );
    await askAlways(callApi(gateway), []);
  });
});

describe('a caller', () => {
  test('without a token gets the card, and no more', async () => {
    const card = await (await fetch(`${gateway.url}/.well-known/agent-card.json`)).json();
    expect(card.supportedInterfaces).toEqual([
      { url: `${gateway.url}/a2a`, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
    ]);
    expect(JSON.stringify(card)).not.toContain('text-stats');
    const stranger = await fetch(`${gateway.url}/a2a`, { method: 'POST' });
    expect([stranger.status, (await stranger.json()).error.data.code]).toEqual([
      ...[401, 'unauthenticated'],
    ]);
  });

  test('needs for each method what it does', async () => {
    const { token } = await credential(gateway, { kind: 'service', id: 'asks' }, ['session:turn']);
    const asker = await connect(token);
    const task = await send(script({ text: 'One.' }), {}, asker);
    for (const refused of [
      () => asker.getTask({ tenant: '', id: task.id }),
      () => asker.cancelTask({ tenant: '', id: task.id, metadata: undefined }),
    ]) {
      const failure = await refused().catch((error) => error);
      expect(failure).toBeInstanceOf(JsonRpcTransportError);
      expect(failure.errorResponse).toMatchObject({
        jsonrpc: '2.0',
        id: expect.any(Number),
        error: { code: -32_000, data: { code: 'denied', reason: 'principal_grant_missing' } },
      });
    }
  });

  test('of another workspace finds neither task nor context', async () => {
    const root = callApi(gateway);
    await root.put('/v1/workspaces/others', { policy: { allow: [], deny: [] } });
    const { body } = await root.post('/v1/tokens', {
      subject: { kind: 'service', id: 'spy' },
      grants: ['session:turn', 'session:read', 'session:cancel'],
      workspace: 'others',
    });
    const spy = await connect(body.token);
    const { id, contextId } = await send(script({ text: 'private' }));
    await expect(spy.getTask({ tenant: '', id })).rejects.toThrow();
    const intruding = spy.sendMessage(said('x', { contextId }));
    await expect(intruding).rejects.toMatchObject({ envelopeCode: -32_602 });
    const events = spy.sendMessageStream(said('x', { contextId }));
    await expect(events.next()).rejects.toMatchObject({ envelopeCode: -32_602 });
  });
});

describe('what is not of the protocol', () => {
  const post = async (body: unknown, version = '1.0') =>
    (await callApi(gateway).post('/a2a', body, { 'A2A-Version': version })).body.error?.code;
  const call = (method: string, params: object = {}) => ({ jsonrpc: '2.0', id: 1, method, params });
  const message = { messageId: 'x', role: 'ROLE_USER', parts: [{ text: 'x' }] };

  test.each([
    ['a list', [call('GetTask')], -32_600],
    ['no call at all', { id: 1 }, -32_600],
    ['a method that is not there', call('constructor'), -32_601],
    ['a task without a name', call('GetTask'), -32_602],
    [
      'a message of the agent',
      call('SendMessage', { message: { ...message, role: 'ROLE_AGENT' } }),
      -32_602,
    ],
    ['a task that nobody issued', call('GetTask', { id: `task_${'0'.repeat(76)}` }), -32_001],
    ['a message to a task', call('SendMessage', { message: { ...message, taskId: 't' } }), -32_004],
    ['a subscription to notifications', call('CreateTaskPushNotificationConfig'), -32_003],
    ['a card that is not there', call('GetExtendedAgentCard'), -32_004],
    ['a file', call('SendMessage', { message: { ...message, parts: [{ url: 'x:' }] } }), -32_005],
  ])('is refused by its code: %s', async (_, body, code) => {
    expect(await post(body)).toBe(code);
  });

  test('is refused in another version, or in none', async () => {
    expect(await post(call('GetTask'), '0.3')).toBe(-32_009);
    expect((await callApi(gateway).post('/a2a', call('GetTask'))).body.error.code).toBe(-32_009);
  });
});
