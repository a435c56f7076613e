/** A model behind a real HTTP endpoint in OpenAI's shape, such as Ollama on the same machine. */

import type { ServerResponse } from 'node:http';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import {
  refuse,
  type StandIn,
  startProvider,
  streamReply,
  streamText,
  USAGE,
} from '../support/provider.ts';

const KEY = 'sk-provider-key-5b2f';
const MODEL = 'compatible/test-model';

let gateway: Gateway;
let api: Api;
let provider: StandIn;

beforeAll(async () => {
  provider = await startProvider();
  gateway = await startGateway({
    secrets: {
      OPENAI_COMPATIBLE_BASE_URL: provider.baseUrl,
      OPENAI_COMPATIBLE_API_KEY: KEY,
    },
  });
  api = callApi(gateway);
});
afterAll(async () => {
  await gateway?.dispose();
  provider?.dispose();
});

const callsTool = (response: ServerResponse) =>
  streamReply(
    response,
    [
      { role: 'assistant', content: 'Counting. ' },
      {
        tool_calls: [
          {
            index: 0,
            id: 'call_1',
            type: 'function',
            function: { name: 'text-stats', arguments: '{"text":"one two three"}' },
          },
        ],
      },
    ],
    { finish: 'tool_calls' },
  );

describe('a model behind HTTP', () => {
  test('has its answer described by the published document, what was cached included', async () => {
    const usage = { ...USAGE, prompt_tokens_details: { cached_tokens: 20 } };
    provider.answer = (_, response) =>
      streamReply(response, [{ role: 'assistant', content: 'Hello.' }], { usage });
    const { body } = await api.turn(await api.session(), 'Hello', MODEL);
    expect(body.usage).toMatchObject({ cachedInputTokens: 20 });
    const { paths } = (await api.get('/openapi.json')).body;
    const turns = paths['/v1/sessions/{id}/turns'].post.responses[200].content;
    const { usage: described } = turns['application/json'].schema.properties;
    expect(Object.keys(described.properties)).toEqual(
      expect.arrayContaining(Object.keys(body.usage)),
    );
    const follow = paths['/v1/sessions/{id}/turns/{turn}/events'].get.parameters;
    expect(follow).toContainEqual(expect.objectContaining({ name: 'Last-Event-ID', in: 'header' }));
  });

  test('is asked again with its own call and the result, and its answer is the turn’s', async () => {
    provider.asked.length = 0;
    provider.answer = ({ messages }, response) =>
      messages.some(({ role }) => role === 'tool')
        ? streamText(response, 'Three words.')
        : callsTool(response);
    const { body } = await api.turn(await api.session(), 'How many words?', MODEL);
    expect(body).toMatchObject({ status: 'finished', output: 'Three words.' });
    expect(body.usage).toMatchObject({
      inputTokens: 2 * USAGE.prompt_tokens,
      outputTokens: 2 * USAGE.completion_tokens,
    });
    expect(provider.asked.map(({ authorization }) => authorization)).toEqual([
      `Bearer ${KEY}`,
      `Bearer ${KEY}`,
    ]);
    expect(provider.asked[0]?.body.tools?.map((tool) => tool.function.name)).toContain(
      'text-stats',
    );
    const [, , tool] = provider.asked[1]?.body.messages ?? [];
    expect(tool).toMatchObject({ role: 'tool', content: expect.stringContaining('"words":3') });
  });

  test('is told the schema that a client wants its reply in, as that client has said it', async () => {
    const { chat, responses } = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: api.token });
    const schema = { type: 'object', properties: { answer: { type: 'number' } } };
    provider.answer = (_, response) => streamText(response, '{"answer": 4}');
    provider.asked.length = 0;
    const format = { name: 'answer', description: 'The answer.', schema } as const;
    await chat.completions.create({
      model: MODEL,
      messages: [{ role: 'user', content: 'Two and two?' }],
      response_format: { type: 'json_schema', json_schema: { ...format, strict: true } },
    });
    await responses.create({
      model: MODEL,
      input: 'Two and two?',
      text: { format: { type: 'json_schema', ...format } },
    });
    expect(provider.asked.map(({ body }) => body)).toMatchObject(
      [true, false].map((strict) => ({
        response_format: { type: 'json_schema', json_schema: { ...format, strict } },
      })),
    );
  });

  test('is told how strictly a client means its tools, whatever the shape', async () => {
    const schema = { type: 'object', properties: {}, required: [], additionalProperties: false };
    const named = { name: 'look', description: 'Looks.', strict: true };
    const tool = { type: 'function', ...named, parameters: schema };
    const said = { model: MODEL, max_tokens: 100, messages: [{ role: 'user', content: 'Look' }] };
    provider.answer = (_, response) => streamText(response, 'Nothing.');
    provider.asked.length = 0;
    await api.post('/v1/chat/completions', {
      ...said,
      tools: [{ type: 'function', function: { ...named, parameters: schema } }],
    });
    await api.post('/v1/responses', { model: MODEL, input: 'Look', tools: [tool] });
    await api.post('/v1/messages', { ...said, tools: [{ ...named, input_schema: schema }] });
    const own = provider.asked.map(({ body }) =>
      body.tools?.find(({ function: { name } }) => name === 'look'),
    );
    expect(own).toEqual(
      Array(3).fill({ type: 'function', function: { ...named, parameters: schema } }),
    );
  });

  test('that fails ends the turn as such, and neither key nor answer is shown', async () => {
    provider.answer = (_, response) => {
      refuse(response, 401, { message: `bad key ${KEY}` });
    };
    const { body } = await api.turn(await api.session(), 'Hello?', MODEL);
    expect(body).toMatchObject({ status: 'failed', code: 'model_refused' });
    expect(JSON.stringify(body)).not.toContain(KEY);
    expect(gateway.log()).not.toContain(KEY);
    expect(JSON.stringify((await api.get('/v1/audit?limit=500')).body)).not.toContain(KEY);
  });

  test('that fails is asked again by a client of its vendor, unless a call has run', async () => {
    let requests = 0;
    const counting: typeof fetch = (input, init) => {
      requests += 1;
      return fetch(input, init);
    };
    const apiKey = gateway.token;
    const options = { baseURL: `${gateway.url}/v1`, apiKey, fetch: counting, maxRetries: 1 };
    const create = new OpenAI(options).chat.completions;
    const ask = { model: MODEL, messages: [{ role: 'user' as const, content: 'Count: one two' }] };

    provider.answer = (_, response) => refuse(response, 500);
    await expect(create.create(ask)).rejects.toMatchObject({ status: 502 });
    expect(requests).toBe(2);

    requests = 0;
    provider.answer = (_, response) => refuse(response, 400);
    const code = 'model_refused';
    await expect(create.create(ask)).rejects.toMatchObject({ status: 424, code });
    expect(requests).toBe(1);

    provider.answer = ({ messages }, response) =>
      messages.at(-1)?.role === 'tool' ? refuse(response, 400) : callsTool(response);
    const failure = await create.create(ask).catch((error) => error);
    expect([failure.status, requests]).toEqual([424, 2]);
  });

  test('that its provider cuts by a filter is no whole answer, in any shape', async () => {
    provider.answer = (_, response) =>
      streamReply(response, [{ role: 'assistant', content: 'It is' }], {
        finish: 'content_filter',
      });
    const messages = [{ role: 'user', content: 'How?' }];
    const asked = { model: MODEL, messages, max_tokens: 100 };
    const chat = await api.post('/v1/chat/completions', asked);
    expect(chat.body.choices[0].finish_reason).toBe('content_filter');
    const message = await api.post('/v1/messages', asked);
    expect(message.body.stop_reason).toBe('refusal');
    const response = await api.post('/v1/responses', { model: MODEL, input: 'How?' });
    expect(response.body).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'content_filter' },
      output: [{ status: 'incomplete' }],
    });
    const streamed = async (path: string) => {
      const headers = {
        Authorization: `Bearer ${gateway.token}`,
        'Content-Type': 'application/json',
      };
      const body = JSON.stringify({ ...asked, stream: true });
      return (await fetch(gateway.url + path, { method: 'POST', headers, body })).text();
    };
    expect(await streamed('/v1/chat/completions')).toContain('"finish_reason":"content_filter"');
    expect(await streamed('/v1/messages')).toContain('"stop_reason":"refusal"');
  });

  test('is refused to a principal without its capability, and given to one with it', async () => {
    provider.answer = (_, response) => streamText(response, 'Hello.');
    const token = async (grants: string[]) => {
      const subject = { kind: 'service', id: 'asker' };
      return callApi(gateway, (await api.post('/v1/tokens', { subject, grants })).body.token);
    };
    const without = await token(['session:create', 'session:turn']);
    provider.asked.length = 0;
    expect(await without.turn(await without.session(), 'Hi', MODEL)).toMatchObject({
      status: 403,
      body: { code: 'denied' },
    });
    expect(provider.asked).toEqual([]);
    expect((await without.turn(await without.session(), 'Hi')).status).toBe(200);
    const allowed = await token([
      'session:create',
      'session:turn',
      `provider:llm:call:compatible/test-model`,
    ]);
    const { body } = await allowed.turn(await allowed.session(), 'Hi', MODEL);
    expect(body).toMatchObject({ status: 'finished', output: 'Hello.' });
  });

  test('loses its connection when the turn is cancelled', async () => {
    const closed = Promise.withResolvers<void>();
    provider.answer = (_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(': thinking\n\n');
      response.once('close', () => closed.resolve());
    };
    const session = await api.session();
    const turn = await api.streamTurn(session, 'Think hard', MODEL);
    const { data } = await turn.until(({ kind }) => kind === 'turn-started');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await api.post(`/v1/sessions/${session}/turns/${data.turnId}/cancel`);
    await closed.promise;
  });
});
