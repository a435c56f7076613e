/** Model aliases: which model answers when a provider fails, and which failures count. */

import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../../src/core/policy/policy.ts';
import { type Api, callApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import {
  beginReply,
  refuse,
  type StandIn,
  startProvider,
  streamText,
} from '../support/provider.ts';

const ALIAS = 'alias/fast';

let gateway: Gateway;
let root: Api;
let provider: StandIn;
let workspaces = 0;
/** Of a workspace that has seen no failure yet. */
let api: Api;

beforeAll(async () => {
  provider = await startProvider();
  gateway = await startGateway({
    examples: false,
    secrets: { OPENAI_COMPATIBLE_BASE_URL: provider.baseUrl },
  });
  root = callApi(gateway);
});
afterAll(async () => {
  await gateway?.dispose();
  provider?.dispose();
});
beforeEach(async () => {
  provider.asked.length = 0;
  api = await foundWorkspace();
});

async function foundWorkspace(grants: readonly string[] = ['provider:*']): Promise<Api> {
  workspaces += 1;
  const workspace = `failover-${workspaces}`;
  const policy = {
    ...DEFAULT_POLICY,
    models: {
      aliases: { fast: ['compatible/first', 'compatible/second'] },
      firstByteMs: 400,
    },
  };
  expect((await root.put(`/v1/workspaces/${workspace}`, { policy })).status).toBe(200);
  const subject = { kind: 'service', id: 'asker' };
  const body = { workspace, subject, grants: ['session:*', 'system:audit:read', ...grants] };
  return callApi(gateway, (await root.post('/v1/tokens', body)).body.token);
}

/** The second model answers; the first one as the test says. */
function firstAnswers(answer: (response: ServerResponse) => void): void {
  provider.answer = ({ model }, response) =>
    model === 'first' ? answer(response) : streamText(response, 'From the second.');
}

const askedModels = () => provider.asked.map(({ body }) => body.model);
const ask = async (from: Api, model = ALIAS) =>
  (await from.turn(await from.session(), 'Hi', model)).body;

describe('an alias', () => {
  test.each([
    [
      '429',
      (response: ServerResponse) => refuse(response, 429, { headers: { 'Retry-After': '1' } }),
    ],
    ['503', (response: ServerResponse) => refuse(response, 503)],
    ['a broken connection', (response: ServerResponse) => response.destroy()],
    ['silence', () => {}],
  ])('is answered by the next model after %s, and the record names it', async (_, answer) => {
    firstAnswers(answer);
    expect(await ask(api)).toMatchObject({ status: 'finished', output: 'From the second.' });
    expect(askedModels()).toEqual(['first', 'second']);
    await eventually(async () => {
      const { body } = await api.get('/v1/audit?limit=50&action=model-called');
      expect(body.records.map(({ event }: { event: object }) => event)).toMatchObject([
        { model: 'compatible/second', decision: 'observed' },
      ]);
    });
  });

  test.each([400, 401, 403, 404, 422])('is not answered by another after %i', async (status) => {
    firstAnswers((response) => refuse(response, status));
    expect(await ask(api)).toMatchObject({ status: 'failed', code: 'model_refused' });
    expect(askedModels()).toEqual(['first']);
  });

  test('is not answered by another once its answer has begun', async () => {
    firstAnswers((response) => {
      beginReply(response, [{ role: 'assistant', content: 'I will say ' }]);
      setTimeout(() => response.destroy(), 300);
    });
    expect(await ask(api)).toMatchObject({ status: 'failed', code: 'model_failed' });
    expect(askedModels()).not.toContain('second');
  });

  test('lends nobody a model that he may not call himself', async () => {
    firstAnswers((response) => refuse(response, 503));
    const half = await foundWorkspace(['provider:llm:call:compatible/second']);
    expect(await ask(half)).toMatchObject({ status: 'finished' });
    expect(askedModels()).toEqual(['second']);
    const none = await foundWorkspace([]);
    expect(await none.turn(await none.session(), 'Hi', ALIAS)).toMatchObject({
      status: 403,
      body: { code: 'denied' },
    });
  });

  test('that nobody has named is no model, whatever is asked of it', async () => {
    const { code, errors } = await ask(api, 'alias/other');
    expect([code, errors]).toEqual([
      'model_unknown',
      [{ pointer: '/model', detail: 'unknown model' }],
    ]);
    const messages = [{ role: 'user', content: 'Hi' }];
    const asked = await Promise.all([
      api.post('/v1/chat/completions', { model: 'alias/other', messages }),
      api.post('/v1/embeddings', { model: 'alias/other', input: 'Hi' }),
    ]);
    for (const { status, body } of asked) {
      expect([status, body.error.code]).toEqual([404, 'model_not_found']);
    }
  });

  test('is listed with what it stands for', async () => {
    const { body } = await api.get('/v1/models');
    expect(body.data).toContainEqual(
      expect.objectContaining({ id: ALIAS, models: ['compatible/first', 'compatible/second'] }),
    );
    expect((await api.get('/v1/models/alias%2Fother')).status).toBe(404);
  });
});

describe('what a client hears', () => {
  const chat = () => {
    const messages = [{ role: 'user', content: 'Hi' }];
    return api.post('/v1/chat/completions', { model: 'compatible/first', messages });
  };
  const respond = (more: object = {}) =>
    api.post('/v1/responses', { model: 'compatible/first', input: 'Hi', ...more });

  test('of a provider that limits its rate is 429, with the moment to come again', async () => {
    provider.answer = (_, response) => refuse(response, 429, { headers: { 'Retry-After': '1' } });
    const asked = [await chat(), await respond(), await chat()];
    for (const { status, headers, body } of asked) {
      expect(status).toBe(429);
      expect(Number(headers.get('Retry-After'))).toBeGreaterThan(0);
      expect(body.error).toMatchObject({ type: 'rate_limit_error', code: 'rate_limit_exceeded' });
    }
  });

  test('of any other failure is 502, with that moment once the provider is left alone', async () => {
    provider.answer = (_, response) => refuse(response, 503);
    const first = await chat();
    expect([first.status, first.headers.get('Retry-After')]).toEqual([502, null]);
    await Promise.all([chat(), respond()]);
    const alone = await respond();
    expect(alone.status).toBe(502);
    expect(Number(alone.headers.get('Retry-After'))).toBeGreaterThan(0);
  });

  test('ends no conversation: it goes on from the last response that there was', async () => {
    provider.answer = (_, response) => streamText(response, 'Hello.');
    const { body: before } = await respond();
    provider.answer = (_, response) => refuse(response, 400);
    const previous_response_id = before.id;
    expect((await respond({ previous_response_id })).status).toBe(424);
    provider.answer = (_, response) => streamText(response, 'Here again.');
    const after = await respond({ previous_response_id });
    expect(after).toMatchObject({ status: 200, body: { status: 'completed' } });
    expect((await respond({ previous_response_id })).status).toBe(409);
  });
});

describe('a provider that keeps failing', () => {
  const health = async (from: Api) => {
    const { body } = await from.get('/v1/models');
    return body.data.find(({ id }: { id: string }) => id === 'compatible/*').health;
  };

  test('is left alone by the workspace that has seen it, and by no other', async () => {
    provider.answer = (_, response) => refuse(response, 503);
    expect(await health(api)).toEqual({ state: 'available' });
    for (let turn = 0; turn < 3; turn++) await ask(api, 'compatible/first');
    const asked = provider.asked.length;
    expect(asked).toBe(5);
    expect(await ask(api, 'compatible/first')).toMatchObject({ code: 'model_failed' });
    expect(provider.asked).toHaveLength(asked);
    expect(await health(api)).toMatchObject({ state: 'failing', failure: 'failing' });

    const other = await foundWorkspace();
    expect(await health(other)).toEqual({ state: 'available' });
    provider.answer = (_, response) => streamText(response, 'Back.');
    expect(await ask(other, 'compatible/first')).toMatchObject({ output: 'Back.' });
  });

  test('is not taken for one because requests are bad or are cancelled', async () => {
    provider.answer = (_, response) => refuse(response, 400);
    for (let turn = 0; turn < 6; turn++) await ask(api, 'compatible/first');
    expect(await health(api)).toEqual({ state: 'available' });
    provider.answer = (_, response) => beginReply(response, [{ role: 'assistant', content: '' }]);
    for (let turn = 0; turn < 6; turn++) {
      const session = await api.session();
      const stream = await api.streamTurn(session, 'Hi', 'compatible/first');
      const { data } = await stream.until(({ kind }) => kind === 'turn-started');
      await api.post(`/v1/sessions/${session}/turns/${data.turnId}/cancel`);
      await stream.ended;
    }
    expect(await health(api)).toEqual({ state: 'available' });
  });
});

const CLIENT_ROUTES = [
  ['/v1/chat/completions', { messages: [{ role: 'user', content: 'Hi' }] }],
  ['/v1/messages', { messages: [{ role: 'user', content: 'Hi' }], max_tokens: 100 }],
  ['/v1/responses', { input: 'Hi' }],
] as const;

describe.each(CLIENT_ROUTES)('a client that streams from %s', (path, question) => {
  const stream = () =>
    fetch(gateway.url + path, {
      method: 'POST',
      headers: { Authorization: `Bearer ${api.token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...question, model: 'compatible/first', stream: true }),
    });

  test('is told by the status of a failure before the first word', async () => {
    firstAnswers((response) => refuse(response, 429, { headers: { 'Retry-After': '1' } }));
    const response = await stream();
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(response.headers.get('Content-Type')).toMatch(/json/);
    await response.body?.cancel();
  });

  test('is told in the stream of a failure after it', async () => {
    let held: ServerResponse | undefined;
    provider.answer = (_, response) => {
      if (held !== undefined) return refuse(response, 503);
      held = response;
      beginReply(response, [{ role: 'assistant', content: 'Once upon a time. '.repeat(100) }]);
    };
    const response = await stream();
    expect(response.status).toBe(200);
    const decoder = new TextDecoder();
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.includes('Once upon')) held?.destroy();
    }
    expect(text).toContain('Once upon');
    expect(text).toMatch(/"error"|response\.failed/);
  });
});
