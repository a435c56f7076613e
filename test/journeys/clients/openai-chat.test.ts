/** Chat completions, with the official OpenAI client, unmodified. */

import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCRIPT_MODEL, script } from '../../support/api.ts';
import {
  ASKS_BOTH,
  ASKS_CLIENT,
  ASKS_TWICE,
  tokenWithoutBudget,
  WEATHER,
} from '../../support/clients.ts';
import { type Gateway, startGateway } from '../../support/gateway.ts';

let gateway: Gateway;
let client: OpenAI;

beforeAll(async () => {
  gateway = await startGateway();
  client = clientWith(gateway.token);
});
afterAll(() => gateway?.dispose());

function clientWith(apiKey: string): OpenAI {
  return new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey, maxRetries: 0 });
}

const ask = {
  model: 'embedded/planner',
  messages: [{ role: 'user' as const, content: 'Count the words in: one two three four' }],
};

const tools = [
  {
    type: 'function' as const,
    function: {
      name: WEATHER.name,
      description: WEATHER.description,
      parameters: WEATHER.schema,
    },
  },
];

type Messages = OpenAI.ChatCompletionMessageParam[];

const said = (content: string): Messages => [{ role: 'user', content }];

describe('models', () => {
  test('are listed', async () => {
    const ids = (await client.models.list()).data.map(({ id }) => id);
    expect(ids).toContain('embedded/planner');
  });

  test('are described one by one, under names that hold a slash', async () => {
    expect(await client.models.retrieve('embedded/planner')).toMatchObject({
      id: 'embedded/planner',
      object: 'model',
      owned_by: 'embedded',
    });
    await expect(client.models.retrieve('nobody/nothing')).rejects.toBeInstanceOf(
      OpenAI.NotFoundError,
    );
  });
});

describe('a chat', () => {
  test('is completed by an agent that used a tool', async () => {
    const completion = await client.chat.completions.create(ask);
    expect(completion.choices[0]?.message.content).toMatch(/\b4\b/);
    expect(completion.choices[0]?.finish_reason).toBe('stop');
    expect(completion.usage?.total_tokens).toBeGreaterThan(0);
  });

  test('streams the same answer, and at the end what it has cost', async () => {
    const stream = await client.chat.completions.create({
      ...ask,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let finish: string | null | undefined;
    const usages: unknown[] = [];
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usages.push(chunk.usage);
    }
    expect(text).toMatch(/\b4\b/);
    expect(finish).toBe('stop');
    expect(usages.slice(0, -1).every((usage) => usage === null)).toBe(true);
    expect(usages.at(-1)).toMatchObject({ total_tokens: expect.any(Number) });
  });

  test('takes a history with tool calls of the client', async () => {
    const completion = await client.chat.completions.create({
      model: 'embedded/planner',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Look it up' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'c1', type: 'function', function: { name: 'lookup', arguments: '{}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'It says 42.' },
        { role: 'user', content: 'Count the words in: alpha beta' },
      ],
    });
    expect(completion.choices[0]?.message.content).toMatch(/\b2\b/);
  });

  test('takes a history in which another model has refused, as words of that model', async () => {
    const { chat, responses } = client;
    const { model } = ask;
    const refused = [{ type: 'refusal' as const, refusal: 'I would rather not.' }];
    const completion = await chat.completions.create({
      model,
      messages: [...said('Do'), { role: 'assistant', content: refused }, ...ask.messages],
    });
    expect(completion.choices[0]?.message.content).toMatch(/\b4\b/);
    const by = { type: 'message', id: 'msg_1', status: 'completed', role: 'assistant' } as const;
    const input = [{ ...by, content: refused }, ...ask.messages];
    expect((await responses.create({ model, input })).output_text).toMatch(/\b4\b/);
  });

  test('may decline in words what is not there, and say what is left to the provider', async () => {
    const completion = await client.chat.completions.create({
      ...ask,
      ...{ logprobs: false, top_logprobs: null, logit_bias: {}, modalities: ['text'], audio: null },
      ...{ prediction: null, service_tier: 'auto', verbosity: 'low', safety_identifier: 'ann' },
      ...{ prompt_cache_key: 'k', prompt_cache_retention: '24h', prompt_cache_options: {} },
      moderation: null,
    });
    expect(completion.choices[0]?.finish_reason).toBe('stop');
    const { chat } = client;
    for (const wish of [{ logprobs: true }, { logit_bias: { 50256: -100 } }, { functions: [] }]) {
      const refused = chat.completions.create({ ...ask, ...wish });
      await expect(refused).rejects.toBeInstanceOf(OpenAI.BadRequestError);
    }
  });

  test('that is cut at max_tokens says so', async () => {
    const request = { model: SCRIPT_MODEL, messages: said(script({ text: 'x'.repeat(40) })) };
    const cut = await client.chat.completions.create({ ...request, max_tokens: 9 });
    expect(cut.choices[0]?.finish_reason).toBe('length');
    expect(cut.choices[0]?.message.content).toBe('x'.repeat(36));
    const whole = await client.chat.completions.create({ ...request, max_tokens: 10 });
    expect(whole.choices[0]?.finish_reason).toBe('stop');
    expect(whole.choices[0]?.message.content).toBe('x'.repeat(40));
  });
});

describe('a tool of the client', () => {
  test('is called once at a time by whoever does not want several calls', async () => {
    const request = { model: SCRIPT_MODEL, messages: said(ASKS_TWICE), tools };
    const callsOf = async (parallel_tool_calls: boolean) => {
      const completion = await client.chat.completions.create({ ...request, parallel_tool_calls });
      return completion.choices[0]?.message.tool_calls?.map(({ id }) => id);
    };
    expect(await callsOf(true)).toEqual(['call_w1', 'call_w2']);
    expect(await callsOf(false)).toEqual(['call_w1']);
  });

  test('is called by the model and run by the client, whose answer goes on with the chat', async () => {
    const first = await client.chat.completions.create({
      model: SCRIPT_MODEL,
      messages: said(ASKS_CLIENT),
      tools,
    });
    const [choice] = first.choices;
    expect(choice?.finish_reason).toBe('tool_calls');
    expect(choice?.message.content).toBe('Let me look. ');
    expect(choice?.message.tool_calls).toEqual([
      {
        id: 'call_w1',
        type: 'function',
        function: { name: 'get_weather', arguments: '{"city":"Bern"}' },
      },
    ]);
    if (choice === undefined) throw new Error('there is no choice');
    const second = await client.chat.completions.create({
      model: SCRIPT_MODEL,
      messages: [
        ...said(ASKS_CLIENT),
        choice.message,
        { role: 'tool', tool_call_id: 'call_w1', content: '{"sky": "clear"}' },
      ],
      tools,
    });
    expect(second.choices[0]?.message.content).toBe('It is sunny.');
    expect(second.choices[0]?.finish_reason).toBe('stop');
  });

  test('comes in pieces of a stream, which the client puts together', async () => {
    const stream = client.chat.completions.stream({
      model: SCRIPT_MODEL,
      messages: said(ASKS_CLIENT),
      tools,
      stream_options: { include_usage: true },
    });
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]?.finish_reason).toBe('tool_calls');
    expect(final.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      id: 'call_w1',
      function: { name: 'get_weather', arguments: '{"city":"Bern"}' },
    });
    expect(final.usage?.prompt_tokens).toBeGreaterThan(0);
  });

  test('is handed over after tools of the workspace have run inside', async () => {
    const completion = await client.chat.completions.create({
      model: SCRIPT_MODEL,
      messages: said(ASKS_BOTH),
      tools,
    });
    const [choice] = completion.choices;
    expect(choice?.message.content).toBe('Counted.');
    expect(choice?.message.tool_calls).toHaveLength(1);
  });

  test('is used by the planner when it is chosen', async () => {
    const completion = await client.chat.completions.create({
      model: 'embedded/planner',
      messages: said('get_weather of the city "Bern"'),
      tools,
      tool_choice: { type: 'function', function: { name: 'get_weather' } },
    });
    expect(completion.choices[0]?.finish_reason).toBe('tool_calls');
  });

  test('is not called where the client wants none', async () => {
    const completion = await client.chat.completions.create({
      model: SCRIPT_MODEL,
      messages: said(ASKS_CLIENT),
      tools,
      tool_choice: 'none',
    });
    expect(completion.choices[0]?.finish_reason).toBe('stop');
    expect(completion.choices[0]?.message.tool_calls).toBeUndefined();
  });

  test('hides one of the workspace that has its name', async () => {
    const completion = await client.chat.completions.create({
      model: SCRIPT_MODEL,
      messages: said(script({ toolCalls: [{ name: 'text-stats', arguments: { text: 'a' } }] })),
      tools: [{ type: 'function', function: { name: 'text-stats' } }],
    });
    expect(completion.choices[0]?.finish_reason).toBe('tool_calls');
  });
});

describe('errors', () => {
  test.each([
    ['an unknown model', { ...ask, model: 'nobody/nothing' }, OpenAI.NotFoundError],
    [
      'a history that ends with the system',
      { ...ask, messages: [{ role: 'system' as const, content: 'x' }] },
      OpenAI.BadRequestError,
    ],
    ['more than one choice', { ...ask, n: 2 }, OpenAI.BadRequestError],
    [
      'a choice of a tool that is not there',
      {
        ...ask,
        tools,
        tool_choice: { type: 'function' as const, function: { name: 'other' } },
      },
      OpenAI.BadRequestError,
    ],
    ['two tools of one name', { ...ask, tools: [...tools, ...tools] }, OpenAI.BadRequestError],
  ])('are the own errors of the client for %s', async (_, request, type) => {
    const failure = await client.chat.completions.create(request).catch((error) => error);
    expect(failure).toBeInstanceOf(type);
    expect(failure.type).toBe('invalid_request_error');
    expect(failure.message).not.toBe('');
  });

  test('say that a key is wrong', async () => {
    const failure = await clientWith('sk-wrong')
      .models.list()
      .catch((error) => error);
    expect(failure).toBeInstanceOf(OpenAI.AuthenticationError);
    expect(failure.code).toBe('invalid_api_key');
  });

  test('say when to come back once nothing is left to spend', async () => {
    const poor = clientWith(await tokenWithoutBudget(gateway));
    const failure = await poor.chat.completions.create(ask).catch((error) => error);
    expect(failure).toBeInstanceOf(OpenAI.RateLimitError);
    expect(failure.code).toBe('insufficient_quota');
    expect(Number(failure.headers.get('Retry-After'))).toBeGreaterThan(0);
    expect(failure.headers.get('X-Should-Retry')).toBe('false');
  });
});
