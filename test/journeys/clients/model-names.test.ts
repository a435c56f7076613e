/**
 * Embeddings, agents, aliases and what models can do, with the official clients of OpenAI and Anthropic,
 * unmodified, before a stand-in for a provider.
 */

import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Api, callApi, SCRIPT_MODEL, script } from '../../support/api.ts';
import { changePolicy } from '../../support/approvals.ts';
import { WEATHER } from '../../support/clients.ts';
import { type Gateway, startGateway } from '../../support/gateway.ts';
import { refuse, type StandIn, startProvider, streamText } from '../../support/provider.ts';

const LEXICAL = 'embedded/lexical';
const VECTORS = 'compatible/embed-small';
const WORKSPACE = 'default';

const INSTRUCTIONS = 'You answer for the library. Be brief.';

const models = {
  aliases: {
    fast: ['compatible/first', 'compatible/second'],
    vectors: [VECTORS, LEXICAL],
    able: ['compatible/plain', 'compatible/second'],
  },
};

const agents = {
  librarian: {
    description: 'Knows the library.',
    model: 'alias/fast',
    instructions: INSTRUCTIONS,
    tools: ['text-stats'],
  },
  replayer: { model: SCRIPT_MODEL, tools: ['text-stats'] },
};

let gateway: Gateway;
let provider: StandIn;
let root: Api;
let api: Api;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  provider = await startProvider();
  gateway = await startGateway({
    secrets: {
      OPENAI_COMPATIBLE_BASE_URL: provider.baseUrl,
      MODEL_PRICES: JSON.stringify({ [VECTORS]: [2, 0] }),
      MODEL_CAPABILITIES: JSON.stringify({
        'compatible/plain': { tools: false, streaming: false, contextTokens: 1_000 },
        [VECTORS]: { dimensions: 4, contextTokens: 100 },
      }),
    },
  });
  root = callApi(gateway);
  await changePolicy(root, { models, agents });
  api = callApi(gateway, await tokenWith(['provider:*', 'tool:call:*', 'system:*:read']));
  openai = openAiWith(api.token);
  const key = { apiKey: api.token, authToken: null, maxRetries: 0 };
  anthropic = new Anthropic({ baseURL: gateway.url, ...key });
});
afterAll(async () => {
  await gateway?.dispose();
  provider?.dispose();
});
beforeEach(() => {
  provider.asked.length = 0;
  provider.answer = (_, response) => streamText(response, 'Hello.');
});

async function tokenWith(grants: readonly string[]): Promise<string> {
  const subject = { kind: 'service', id: 'asker' };
  const body = { subject, grants: ['session:*', ...grants] };
  const issued = await root.post('/v1/tokens', body);
  expect(issued.status).toBe(201);
  return issued.body.token;
}

function openAiWith(apiKey: string): OpenAI {
  return new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 });
}

/** As the stand-in is asked, and answers: one place for each of the four. */
interface EmbeddingsAsked {
  readonly input: readonly string[];
  readonly dimensions?: number;
}

function answerVectors(): void {
  provider.answer = (body, response) => {
    const { input } = body as unknown as EmbeddingsAsked;
    const data = input.map((text, index) => ({ index, embedding: [text.length, 0.5, -1, index] }));
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ data, usage: { prompt_tokens: 7, total_tokens: 7 } }));
  };
}

const said = (content: string) => [{ role: 'user' as const, content }];
const usedOfDay = async () => {
  const { body } = await api.get('/v1/budgets');
  return body.budgets.find(({ period }: { period: string }) => period === 'day').used;
};

describe('embeddings', () => {
  test('need no key where the gateway makes them, and are the same each time', async () => {
    const [one, two] = await Promise.all(
      ['float', 'base64'].map((encoding_format) =>
        openai.embeddings.create({
          model: LEXICAL,
          input: ['The dog walks.', 'The dogs walk', 'Interest rates'],
          encoding_format: encoding_format as 'float' | 'base64',
        }),
      ),
    );
    expect(one).toMatchObject({ object: 'list', model: LEXICAL, usage: { prompt_tokens: 12 } });
    const vectors = one!.data.map(({ embedding }) => embedding);
    expect(vectors.map(({ length }) => length)).toEqual([512, 512, 512]);
    const cosine = (a: number[], b: number[]) => a.reduce((sum, x, at) => sum + x * b[at]!, 0);
    expect(cosine(vectors[0]!, vectors[1]!)).toBeGreaterThan(
      cosine(vectors[0]!, vectors[2]!) + 0.2,
    );
    const text = two!.data[0]!.embedding as unknown as string;
    const floats = Buffer.from(text, 'base64');
    expect(floats).toHaveLength(4 * 512);
    expect(floats.readFloatLE(4 * 9)).toBeCloseTo(vectors[0]![9]!, 6);
  });

  test('come from a provider as the client decodes them by itself, and are settled', async () => {
    answerVectors();
    const before = await usedOfDay();
    const made = await openai.embeddings.create({ model: VECTORS, input: ['ab', 'c'] });
    expect(made.data).toEqual([
      { object: 'embedding', index: 0, embedding: [2, 0.5, -1, 0] },
      { object: 'embedding', index: 1, embedding: [1, 0.5, -1, 1] },
    ]);
    expect(made.usage).toEqual({ prompt_tokens: 7, total_tokens: 7 });
    const after = await usedOfDay();
    expect(after.tokens - before.tokens).toBe(7);
    expect(after.costMicroUsd - before.costMicroUsd).toBe(14);
  });

  test('are asked for in the places that the client wants', async () => {
    answerVectors();
    await openai.embeddings.create({ model: VECTORS, input: 'ab', dimensions: 4 });
    expect(provider.asked.map(({ body }) => body)).toMatchObject([{ dimensions: 4 }]);
  });

  test('of an alias are those of its first model, whatever becomes of that', async () => {
    provider.answer = (_, response) => refuse(response, 400);
    const wish = { model: 'alias/vectors', input: 'ab' };
    await expect(openai.embeddings.create(wish)).rejects.toMatchObject({ status: 424 });
    answerVectors();
    expect((await openai.embeddings.create(wish)).model).toBe(VECTORS);
  });

  test('are asked for once more where the provider broke, and cost what the answer costs', async () => {
    const before = await usedOfDay();
    provider.answer = (_, response) => {
      answerVectors();
      refuse(response, 503);
    };
    await openai.embeddings.create({ model: VECTORS, input: 'ab' });
    expect(provider.asked).toHaveLength(2);
    expect((await usedOfDay()).tokens - before.tokens).toBe(7);
  });

  test('need the capability for that very model, also of the gateway itself', async () => {
    const poor = openAiWith(await tokenWith([`provider:embedding:${LEXICAL}`]));
    expect((await poor.embeddings.create({ model: LEXICAL, input: 'a' })).data).toHaveLength(1);
    await expect(poor.embeddings.create({ model: VECTORS, input: 'a' })).rejects.toMatchObject({
      status: 403,
      code: 'principal_grant_missing',
    });
    const none = openAiWith(await tokenWith(['provider:llm:call:*']));
    const refused = none.embeddings.create({ model: LEXICAL, input: 'a' });
    await expect(refused).rejects.toBeInstanceOf(OpenAI.PermissionDeniedError);
    expect(provider.asked).toEqual([]);
  });

  test('stand on the record from before they are asked for', async () => {
    answerVectors();
    await openai.embeddings.create({ model: VECTORS, input: ['ab', 'c'] });
    const events = async () => {
      const { body } = await root.get('/v1/audit?limit=200');
      return body.records.map(({ event }: { event: object }) => event);
    };
    await expect.poll(events).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ action: 'embeddings-admitted', model: VECTORS, count: 2 }),
        expect.objectContaining({
          action: 'model-called',
          operation: 'createEmbedding',
          model: VECTORS,
          usage: { inputTokens: 7, outputTokens: 0, costMicroUsd: 14 },
        }),
      ]),
    );
  });
});

describe('an agent', () => {
  const model = `${WORKSPACE}/librarian`;

  test('is listed as a model of its workspace, and of no other', async () => {
    const { data } = await openai.models.list();
    expect(data.find(({ id }) => id === model)).toMatchObject({
      object: 'model',
      owned_by: WORKSPACE,
      description: 'Knows the library.',
    });
    expect(await openai.models.retrieve(model)).toMatchObject({ id: model });
    await root.put('/v1/workspaces/other', { policy: { allow: [], deny: [] } });
    const order = {
      workspace: 'other',
      subject: { kind: 'service', id: 'x' },
      grants: ['session:read'],
    };
    const other = openAiWith((await root.post('/v1/tokens', order)).body.token);
    const ids = (await other.models.list()).data.map(({ id }) => id);
    expect(ids).toContain(LEXICAL);
    expect(ids.filter((id) => id.startsWith(`${WORKSPACE}/`))).toEqual([]);
  });

  test('tells its model what the operator says, and offers no tool but its own', async () => {
    const completion = await openai.chat.completions.create({ model, messages: said('Hi') });
    expect(completion.choices[0]?.message.content).toBe('Hello.');
    expect(completion.model).toBe(model);
    const [{ body } = { body: undefined }] = provider.asked;
    expect(body?.model).toBe('first');
    expect(body?.messages[0]).toEqual({ role: 'system', content: INSTRUCTIONS });
    expect(body?.tools?.map((tool) => tool.function.name)).toEqual(['text-stats']);
  });

  test('answers as a response that goes on, its instructions said once', async () => {
    const first = await openai.responses.create({ model, input: 'Hi' });
    const next = { model, input: 'And?', previous_response_id: first.id };
    expect((await openai.responses.create(next)).output_text).toBe('Hello.');
    const systems = provider.asked.at(-1)?.body.messages.filter(({ role }) => role === 'system');
    expect(systems).toHaveLength(1);
    expect(provider.asked.at(-1)?.body.messages).toHaveLength(4);
  });

  test('streams to the client of Anthropic', async () => {
    const stream = anthropic.messages.stream({ model, max_tokens: 99, messages: said('Hi') });
    expect(await stream.finalText()).toBe('Hello.');
  });

  test('is denied the tools that it does not have, whoever asks it', async () => {
    const stats = { name: 'text-stats', arguments: { text: 'a b' } };
    const other = { name: 'json-query', arguments: { json: '{}', query: 'a' } };
    const session = await api.session();
    const steps = script({ toolCalls: [stats, other] }, { text: 'done' });
    const { body } = await api.turn(session, steps, `${WORKSPACE}/replayer`);
    expect(body.toolCalls).toMatchObject([
      { tool: 'text-stats', status: 'finished' },
      { tool: 'json-query', status: 'denied' },
    ]);
  });
});

describe('what a model can do', () => {
  const tools = [
    {
      type: 'function' as const,
      function: { name: WEATHER.name, parameters: WEATHER.schema },
    },
  ];
  const model = 'compatible/plain';

  test('is listed', async () => {
    const { body } = await api.get('/v1/models/openai%2Fgpt-6-luna');
    expect(body).toMatchObject({ error: { code: 'model_not_found' } });
    const flags = async (id: string) =>
      (await api.get(`/v1/models/${encodeURIComponent(id)}`)).body;
    expect(await flags(model)).toMatchObject({
      capabilities: { tools: false, vision: false, streaming: false, embeddings: false },
      context_window: 1_000,
    });
    expect(await flags(LEXICAL)).toMatchObject({ capabilities: { embeddings: true } });
    expect(await flags('alias/able')).toMatchObject({
      capabilities: { tools: true, streaming: true },
      context_window: null,
    });
  });

  test.each([
    ['tools', { messages: said('Hi'), tools }, 'tools'],
    ['a stream', { messages: said('Hi'), stream: true as const }, 'streaming'],
    ['a long request', { messages: said('word '.repeat(2_000)) }, 'context_length_exceeded'],
  ])('is not exceeded: %s', async (_, body, code) => {
    const refused = openai.chat.completions.create({ ...body, model });
    await expect(refused).rejects.toMatchObject({ status: 400, code });
    expect(provider.asked).toEqual([]);
  });

  test('is what a request is answered with, in one piece', async () => {
    provider.answer = (_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' });
      const message = { role: 'assistant', content: 'All at once.' };
      const choices = [{ index: 0, message, finish_reason: 'stop' }];
      const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 };
      response.end(JSON.stringify({ id: 'c', created: 1, model: 'plain', choices, usage }));
    };
    const completion = await openai.chat.completions.create({ model, messages: said('Hi') });
    expect(completion.choices[0]?.message.content).toBe('All at once.');
    expect(completion.usage).toMatchObject({ total_tokens: 7 });
    expect(provider.asked[0]?.body).not.toHaveProperty('tools');
  });

  test('leaves a model of an alias out that cannot, and says so where none can', async () => {
    const wish = { model: 'alias/able', messages: said('Hi'), tools };
    await openai.chat.completions.create(wish);
    expect(provider.asked.map(({ body }) => body.model)).toEqual(['second']);
    const wrong = openai.chat.completions.create({ model: LEXICAL, messages: said('Hi') });
    await expect(wrong).rejects.toMatchObject({ status: 404 });
    const chat = openai.embeddings.create({ model: 'compatible/first', input: 'a' });
    await expect(chat).rejects.toMatchObject({ status: 400, code: 'kind' });
  });

  test('is never to see a picture', async () => {
    const part = { type: 'image_url' as const, image_url: { url: 'data:image/png;base64,AA==' } };
    const messages = [{ role: 'user' as const, content: [part] }];
    await expect(
      openai.chat.completions.create({ model: 'compatible/first', messages }),
    ).rejects.toMatchObject({ status: 400, message: expect.stringContaining('text') });
    expect(provider.asked).toEqual([]);
  });
});

test('a reply as it comes is a capability of its own', async () => {
  const model = 'compatible/first';
  const ask = (client: OpenAI, stream: boolean) =>
    client.chat.completions.create({ model, messages: said('Hi'), stream });
  const caller = openAiWith(await tokenWith([`provider:llm:call:${model}`]));
  await ask(caller, false);
  await expect(ask(caller, true)).rejects.toBeInstanceOf(OpenAI.PermissionDeniedError);
  const streamer = openAiWith(await tokenWith([`provider:llm:stream:${model}`]));
  await expect(ask(streamer, false)).rejects.toBeInstanceOf(OpenAI.PermissionDeniedError);
  let text = '';
  for await (const chunk of (await ask(
    streamer,
    true,
  )) as AsyncIterable<OpenAI.ChatCompletionChunk>)
    text += chunk.choices[0]?.delta.content ?? '';
  expect(text).toBe('Hello.');
});
