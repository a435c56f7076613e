/** A model behind a real HTTP endpoint in OpenAI's shape, such as Ollama on the same machine. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, callApi } from '../support/api.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';

const KEY = 'sk-provider-key-5b2f';
const MODEL = 'compatible/test-model';

let gateway: Gateway;
let api: Api;
let provider: Server;
let answer: (body: ChatRequest, response: ServerResponse) => void;
const asked: { readonly body: ChatRequest; readonly authorization: string | undefined }[] = [];

interface ChatRequest {
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
}

beforeAll(async () => {
  provider = createServer(async (request: IncomingMessage, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const body = JSON.parse(text) as ChatRequest;
    asked.push({ body, authorization: request.headers.authorization });
    answer(body, response);
  });
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  const { port } = provider.address() as AddressInfo;
  gateway = await startGateway({
    secrets: {
      OPENAI_COMPATIBLE_BASE_URL: `http://127.0.0.1:${port}/v1`,
      OPENAI_COMPATIBLE_API_KEY: KEY,
    },
  });
  api = callApi(gateway);
});
afterAll(async () => {
  await gateway?.dispose();
  provider?.closeAllConnections();
  provider?.close();
});

function stream(response: ServerResponse, deltas: readonly object[], finish: string): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  const send = (choice: object) =>
    response.write(
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [choice] })}\n\n`,
    );
  for (const delta of deltas) send({ index: 0, delta, finish_reason: null });
  send({ index: 0, delta: {}, finish_reason: finish });
  const usage = { prompt_tokens: 21, completion_tokens: 7, total_tokens: 28 };
  response.write(`data: ${JSON.stringify({ id: 'c', choices: [], usage })}\n\n`);
  response.end('data: [DONE]\n\n');
}

const callsTool = (response: ServerResponse) =>
  stream(
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
    'tool_calls',
  );

describe('a model behind HTTP', () => {
  test('is asked again with its own call and the result, and its answer is the turn’s', async () => {
    asked.length = 0;
    answer = ({ messages }, response) =>
      messages.some(({ role }) => role === 'tool')
        ? stream(response, [{ role: 'assistant', content: 'Three words.' }], 'stop')
        : callsTool(response);
    const { body } = await api.turn(await api.session(), 'How many words?', MODEL);
    expect(body).toMatchObject({ status: 'finished', output: 'Three words.' });
    expect(body.usage).toMatchObject({ inputTokens: 42, outputTokens: 14 });
    expect(asked.map(({ authorization }) => authorization)).toEqual([
      `Bearer ${KEY}`,
      `Bearer ${KEY}`,
    ]);
    expect(asked[0]?.body.tools?.map((tool) => tool.function.name)).toContain('text-stats');
    const [, , tool] = asked[1]?.body.messages ?? [];
    expect(tool).toMatchObject({ role: 'tool', content: expect.stringContaining('"words":3') });
  });

  test('that fails ends the turn as such, and neither key nor answer is shown', async () => {
    answer = (_, response) => {
      response.writeHead(401, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ error: { message: `bad key ${KEY}` } }));
    };
    const { body } = await api.turn(await api.session(), 'Hello?', MODEL);
    expect(body).toMatchObject({ status: 'failed', code: 'model_failed' });
    expect(JSON.stringify(body)).not.toContain(KEY);
    expect(gateway.log()).not.toContain(KEY);
    expect(JSON.stringify((await api.get('/v1/audit?limit=500')).body)).not.toContain(KEY);
  });

  test('is refused to a principal without its capability, and given to one with it', async () => {
    answer = (_, response) => stream(response, [{ role: 'assistant', content: 'Hello.' }], 'stop');
    const token = async (grants: string[]) => {
      const subject = { kind: 'service', id: 'asker' };
      return callApi(gateway, (await api.post('/v1/tokens', { subject, grants })).body.token);
    };
    const without = await token(['session:create', 'session:turn']);
    asked.length = 0;
    expect(await without.turn(await without.session(), 'Hi', MODEL)).toMatchObject({
      status: 403,
      body: { code: 'denied' },
    });
    expect(asked).toEqual([]);
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
    answer = (_, response) => {
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
