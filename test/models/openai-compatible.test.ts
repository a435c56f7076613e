import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ModelPort } from '../../src/agent/ports.ts';
import { chooseModel } from '../../src/models/choose-model.ts';
import type { ModelBindings } from '../../src/models/model-bindings.ts';
import { answerWith, data, events } from './support/fake-vendor.ts';
import { ask, assistant, EXAMPLE_TOOLS, requestOf, toolMessage, user } from './support/request.ts';

afterEach(() => vi.restoreAllMocks());

const ENV: ModelBindings = {
  OPENAI_COMPATIBLE_BASE_URL: 'https://models.example/v1',
  OPENAI_COMPATIBLE_API_KEY: 'sk-own',
  OPENAI_COMPATIBLE_NAME: 'ollama',
};
const MODEL = 'ollama/llama3.2:3b';

function model(env: ModelBindings = ENV, name = MODEL): ModelPort {
  const chosen = chooseModel(env, name);
  if (!chosen.ok) throw new Error(chosen.error.message);
  return chosen.value;
}

const chunk = (delta: unknown, finish: string | null = null) =>
  data({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_790_000_000,
    model: 'llama3.2:3b',
    choices: [{ index: 0, delta, finish_reason: finish }],
  });

/** Text and two calls in pieces, as chat completions stream them. */
const SPEAK_AND_CALL = events(
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: 'Let me ' }),
  chunk({ content: 'count.' }),
  chunk({
    tool_calls: [
      { index: 0, id: 'call_a', type: 'function', function: { name: 'text-stats', arguments: '' } },
    ],
  }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '{"text":' } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '"a b"}' } }] }),
  chunk({
    tool_calls: [
      {
        index: 1,
        id: 'call_b',
        type: 'function',
        function: { name: 'text-stats', arguments: '{"text":"c"}' },
      },
    ],
  }),
  chunk({}, 'tool_calls'),
  data({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_790_000_000,
    model: 'llama3.2:3b',
    choices: [],
    usage: { prompt_tokens: 30, completion_tokens: 12, total_tokens: 42 },
  }),
  'data: [DONE]',
);

const SAY_DONE = events(
  chunk({ role: 'assistant', content: 'Done.' }),
  chunk({}, 'stop'),
  'data: [DONE]',
);

const sayDone = (usage: unknown) =>
  events(
    chunk({ role: 'assistant', content: 'Done.' }),
    chunk({}, 'stop'),
    data({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1_790_000_000,
      model: 'llama3.2:3b',
      choices: [],
      usage,
    }),
    'data: [DONE]',
  );

describe("an endpoint in OpenAI's chat shape", () => {
  test('streams text, calls and usage, and costs nothing unless told otherwise', async () => {
    answerWith(SPEAK_AND_CALL, SPEAK_AND_CALL);
    const reply = await ask(model(), requestOf([user('Count')], { model: MODEL }));
    expect(reply.text).toBe('Let me count.');
    expect(reply.calls).toEqual([
      { id: 'call_a', name: 'text-stats', argumentsText: '{"text":"a b"}' },
      { id: 'call_b', name: 'text-stats', argumentsText: '{"text":"c"}' },
    ]);
    const usage = { inputTokens: 30, outputTokens: 12, costMicroUsd: 0 };
    expect(reply.chunks.at(-1)).toMatchObject({ kind: 'end', usage });

    const priced = model({ ...ENV, MODEL_PRICES: `{"${MODEL}": [1, 2]}` });
    const paid = await ask(priced, requestOf([user('Count')], { model: MODEL }));
    expect(paid.chunks.at(-1)).toMatchObject({ usage: { ...usage, costMicroUsd: 54 } });
  });

  test('is sent the calls with their results', async () => {
    const sent = answerWith(SAY_DONE);
    const calls = ['a', 'b'].map((id) => ({
      id,
      name: 'text-stats',
      argumentsText: `{"text":"${id}"}`,
    }));
    const messages = [
      user('Count'),
      assistant('', ...calls),
      ...calls.map((call) => toolMessage(call, `result ${call.id}`, call.id === 'b')),
    ];
    await ask(model(), requestOf(messages, { model: MODEL }));
    expect(sent[0]?.url).toBe('https://models.example/v1/chat/completions');
    expect(sent[0]?.headers.get('authorization')).toBe('Bearer sk-own');
    expect(sent[0]?.body).toMatchObject({
      model: 'llama3.2:3b',
      stream: true,
      stream_options: { include_usage: true },
      messages: [
        { role: 'user', content: 'Count' },
        {
          role: 'assistant',
          tool_calls: [
            {
              id: 'a',
              type: 'function',
              function: { name: 'text-stats', arguments: '{"text":"a"}' },
            },
            { id: 'b', type: 'function' },
          ],
        },
        { role: 'tool', tool_call_id: 'a', content: 'result a' },
        { role: 'tool', tool_call_id: 'b', content: 'result b' },
      ],
    });
  });

  test('has its usage estimated when it gives none', async () => {
    answerWith(SAY_DONE);
    const reply = await ask(
      model(),
      requestOf([user('x'.repeat(400))], { model: MODEL, tools: [] }),
    );
    expect(reply.chunks.at(-1)).toMatchObject({ usage: { inputTokens: 100, outputTokens: 2 } });
  });

  test('has the tools that it is shown counted among what it reads', async () => {
    answerWith(SAY_DONE);
    const reply = await ask(model(), requestOf([user('x'.repeat(400))], { model: MODEL }));
    const shown = EXAMPLE_TOOLS.map(({ name, description, inputSchema }) => {
      return name + description + JSON.stringify(inputSchema);
    });
    const inputTokens = Math.ceil((400 + shown.join('').length) / 4);
    expect(reply.chunks.at(-1)).toMatchObject({ usage: { inputTokens } });
  });

  test.each([
    { prompt_tokens: -5, completion_tokens: -7 },
    { prompt_tokens: 0, completion_tokens: 0 },
    { prompt_tokens: null, completion_tokens: null },
    { prompt_tokens: 10.5, completion_tokens: 1.5 },
    { prompt_tokens: 9e15, completion_tokens: 1e300 },
  ])('has its usage estimated when it states %j', async (usage) => {
    answerWith(sayDone(usage));
    const reply = await ask(
      model(),
      requestOf([user('x'.repeat(400))], { model: MODEL, tools: [] }),
    );
    expect(reply.chunks.at(-1)).toMatchObject({ usage: { inputTokens: 100, outputTokens: 2 } });
  });

  test.each([
    [-50, undefined],
    [50, 30],
    [0.5, undefined],
  ])('had no more in its cache than it read: of 30 it states %d', async (stated, cached) => {
    const details = { prompt_tokens_details: { cached_tokens: stated } };
    answerWith(sayDone({ prompt_tokens: 30, completion_tokens: 12, ...details }));
    const reply = await ask(model(), requestOf([user('Hi')], { model: MODEL }));
    expect(reply.chunks.at(-1)).toEqual({
      kind: 'end',
      usage: {
        inputTokens: 30,
        outputTokens: 12,
        costMicroUsd: 0,
        ...(cached !== undefined && { cachedInputTokens: cached }),
      },
    });
  });

  test('is not followed to where it sends us: its key and the conversation stay here', async () => {
    const fetch = vi.fn(async (_input: unknown, init?: RequestInit) => {
      const request = new Request('https://models.example/v1/chat/completions', init);
      expect(request.redirect).toBe('manual');
      return new Response(null, {
        status: 307,
        headers: { location: 'https://elsewhere.example' },
      });
    });
    vi.spyOn(globalThis, 'fetch').mockImplementation(fetch);
    const asked = ask(model(), requestOf([user('Hi')], { model: MODEL }));
    await expect(asked).rejects.toThrow('must accept the request, and answered 307');
    expect(fetch).toHaveBeenCalledTimes(1);
  });

  test('needs no key', async () => {
    const sent = answerWith(SAY_DONE);
    const { OPENAI_COMPATIBLE_API_KEY: _, ...keyless } = ENV;
    await ask(model(keyless), requestOf([user('Hi')], { model: MODEL }));
    expect(sent[0]?.headers.has('authorization')).toBe(false);
  });
});

describe('a private base URL', () => {
  const reached: string[] = [];
  const PRIVATE_NETWORK = {
    fetch: async (input: RequestInfo | URL) => {
      reached.push(String(input));
      return SAY_DONE();
    },
  };
  afterEach(() => reached.splice(0));

  test.each([
    'http://127.0.0.1:11434/v1',
    'http://localhost:1/v1',
    'http://ollama:11434/v1',
    'http://10.1.2.3/v1',
    'http://172.16.0.1/v1',
    'http://192.168.1.9/v1',
    'http://[::1]:8080/v1',
    'http://[fd00::1]/v1',
    'http://models.internal/v1',
  ])('%s is reached through the private network', async (baseUrl) => {
    const sent = answerWith(SAY_DONE);
    const env = { ...ENV, OPENAI_COMPATIBLE_BASE_URL: baseUrl, PRIVATE_NETWORK };
    expect((await ask(model(env), requestOf([user('Hi')], { model: MODEL }))).text).toBe('Done.');
    expect(reached).toEqual([`${baseUrl}/chat/completions`]);
    expect(sent).toEqual([]);
  });

  test.each(['https://models.example/v1', 'https://172.32.0.1/v1', 'https://11.0.0.1/v1'])(
    '%s is not private, and is reached over the internet',
    async (baseUrl) => {
      const sent = answerWith(SAY_DONE);
      const env = { ...ENV, OPENAI_COMPATIBLE_BASE_URL: baseUrl, PRIVATE_NETWORK };
      await ask(model(env), requestOf([user('Hi')], { model: MODEL }));
      expect(sent).toHaveLength(1);
      expect(reached).toEqual([]);
    },
  );
});
