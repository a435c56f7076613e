/** Messages, with the official Anthropic client, unmodified. */

import Anthropic from '@anthropic-ai/sdk';
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
let client: Anthropic;

beforeAll(async () => {
  gateway = await startGateway();
  client = clientWith(gateway.token);
});
afterAll(() => gateway?.dispose());

function clientWith(apiKey: string): Anthropic {
  return new Anthropic({ baseURL: gateway.url, apiKey, authToken: null, maxRetries: 0 });
}

const tools: Anthropic.Tool[] = [
  { name: WEATHER.name, description: WEATHER.description, input_schema: WEATHER.schema },
];

const said = (content: string): Anthropic.MessageParam[] => [{ role: 'user', content }];

const ask = {
  model: 'embedded/planner',
  max_tokens: 500,
  messages: said('Count the words in: one two three four'),
};

const weather = { type: 'tool_use', id: 'call_w1', name: 'get_weather', input: { city: 'Bern' } };

describe('models', () => {
  test('are listed', async () => {
    const page = await client.models.list();
    expect(page.data.map(({ id }) => id)).toContain('embedded/planner');
    expect(page.data[0]).toMatchObject({ type: 'model', display_name: expect.any(String) });
    expect(page.hasNextPage()).toBe(false);
  });
});

describe('a message', () => {
  test('is answered by an agent that used a tool', async () => {
    const message = await client.messages.create({ ...ask, system: 'Be brief.' });
    expect(message).toMatchObject({ type: 'message', role: 'assistant', stop_reason: 'end_turn' });
    expect(message.content[0]).toMatchObject({
      type: 'text',
      text: expect.stringMatching(/\b4\b/),
    });
    expect(message.usage.input_tokens).toBeGreaterThan(0);
    expect(message.usage.output_tokens).toBeGreaterThan(0);
  });

  test('may say what is left to the provider, and decline in words what is not there', async () => {
    const message = await client.beta.messages.create({
      ...ask,
      context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] },
      ...{ compaction: null, container: null, diagnostics: null, fallbacks: null },
    });
    expect(message.stop_reason).toBe('end_turn');
  });

  test('streams in the order of the protocol, and is the same at its end', async () => {
    const kinds: string[] = [];
    const stream = client.messages.stream(ask);
    stream.on('streamEvent', ({ type }) => kinds.push(type));
    const message = await stream.finalMessage();
    expect(kinds[0]).toBe('message_start');
    expect(kinds.slice(1, 3)).toEqual(['content_block_start', 'content_block_delta']);
    expect(kinds.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop']);
    expect(await stream.finalText()).toMatch(/\b4\b/);
    expect(message.stop_reason).toBe('end_turn');
    expect(message.usage.input_tokens).toBeGreaterThan(0);
    expect(message.usage.output_tokens).toBeGreaterThan(0);
  });

  test('tells the length of its request twice in a stream: first estimated, then counted', async () => {
    const told: number[] = [];
    for await (const event of await client.messages.create({ ...ask, stream: true })) {
      if (event.type === 'message_start') told.push(event.message.usage.input_tokens);
      if (event.type === 'message_delta') told.push(event.usage.input_tokens ?? 0);
    }
    expect(told).toHaveLength(2);
    for (const tokens of told) expect(tokens).toBeGreaterThan(0);
  });

  test('holds nothing that the vendor leaves out', async () => {
    const { content } = await client.messages.create(ask);
    expect(content).toEqual([{ type: 'text', text: expect.any(String) }]);
  });

  test('that is cut at max_tokens says so', async () => {
    const request = { model: SCRIPT_MODEL, messages: said(script({ text: 'x'.repeat(40) })) };
    const cut = await client.messages.create({ ...request, max_tokens: 9 });
    expect(cut.stop_reason).toBe('max_tokens');
    const whole = await client.messages.create({ ...request, max_tokens: 10 });
    expect(whole.stop_reason).toBe('end_turn');
  });

  test('is counted without being answered', async () => {
    const few = await client.messages.countTokens({ model: ask.model, messages: ask.messages });
    const more = await client.messages.countTokens({
      model: ask.model,
      messages: ask.messages,
      tools,
    });
    expect(few.input_tokens).toBeGreaterThan(0);
    expect(more.input_tokens).toBeGreaterThan(few.input_tokens);
  });
});

describe('a tool of the client', () => {
  test('is called once at a time by whoever does not want several calls', async () => {
    const { content } = await client.messages.create({
      ...{ model: SCRIPT_MODEL, max_tokens: 500, tools, messages: said(ASKS_TWICE) },
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    });
    expect(content).toMatchObject([weather]);
  });

  test('is called by the model and run by the client, whose answer goes on with the talk', async () => {
    const request = { model: SCRIPT_MODEL, max_tokens: 500, tools };
    const first = await client.messages.create({ ...request, messages: said(ASKS_CLIENT) });
    expect(first.stop_reason).toBe('tool_use');
    expect(first.content).toMatchObject([{ type: 'text', text: 'Let me look. ' }, weather]);
    const second = await client.messages.create({
      ...request,
      messages: [
        ...said(ASKS_CLIENT),
        { role: 'assistant', content: first.content },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 'call_w1', content: 'Clear sky.' }],
        },
      ],
    });
    expect(second.content).toMatchObject([{ type: 'text', text: 'It is sunny.' }]);
    expect(second.stop_reason).toBe('end_turn');
  });

  test('comes in pieces of a stream, after what the agent did inside', async () => {
    const stream = client.messages.stream({
      model: SCRIPT_MODEL,
      max_tokens: 500,
      tools,
      messages: said(ASKS_BOTH),
    });
    const message = await stream.finalMessage();
    expect(message.content).toMatchObject([{ type: 'text', text: 'Counted.' }, weather]);
    expect(message.stop_reason).toBe('tool_use');
  });
});

describe('the tool runner of the client', () => {
  test('runs the tools of the client until the model is done', async () => {
    const asked: string[] = [];
    const runner = client.beta.messages.toolRunner({
      model: SCRIPT_MODEL,
      max_tokens: 500,
      messages: [{ role: 'user', content: ASKS_CLIENT }],
      tools: [
        {
          type: 'custom',
          name: WEATHER.name,
          description: WEATHER.description,
          input_schema: WEATHER.schema,
          parse: (input: unknown) => input as { city: string },
          run: ({ city }: { city: string }) => {
            asked.push(city);
            return 'Clear sky.';
          },
        },
      ],
    });
    const last = await runner.runUntilDone();
    expect(asked).toEqual(['Bern']);
    expect(last.content).toMatchObject([{ type: 'text', text: 'It is sunny.' }]);
  });
});

describe('errors', () => {
  const { messages: _, ...unsaid } = ask;
  test.each([
    ['an unknown model', { ...ask, model: 'nobody/nothing' }, Anthropic.NotFoundError],
    [
      'a talk that ends with the assistant',
      { ...unsaid, messages: [{ role: 'assistant' as const, content: 'x' }] },
      Anthropic.BadRequestError,
    ],
    [
      'a result without a call',
      {
        ...unsaid,
        messages: [
          {
            role: 'user' as const,
            content: [{ type: 'tool_result' as const, tool_use_id: 'none', content: 'x' }],
          },
        ],
      },
      Anthropic.BadRequestError,
    ],
    ['no room for an answer', { ...ask, max_tokens: 0 }, Anthropic.BadRequestError],
  ])('are own errors of the client for %s', async (__, request, type) => {
    const failure = await client.messages.create(request).catch((error) => error);
    expect(failure).toBeInstanceOf(type);
    expect(failure.error).toMatchObject({ type: 'error', error: { type: expect.any(String) } });
    expect(failure.requestID).toMatch(/^req_/);
  });

  test('say that a key is wrong', async () => {
    await expect(clientWith('sk-ant-wrong').messages.create(ask)).rejects.toBeInstanceOf(
      Anthropic.AuthenticationError,
    );
  });

  test('say when to come back once nothing is left to spend', async () => {
    // It sleeps until then, tomorrow perhaps, where nobody tells it to let it be.
    const poor = clientWith(await tokenWithoutBudget(gateway)).withOptions({ maxRetries: 2 });
    const failure = await poor.messages.create(ask).catch((error) => error);
    expect(failure).toBeInstanceOf(Anthropic.RateLimitError);
    expect(failure.type).toBe('rate_limit_error');
    expect(Number(failure.headers.get('Retry-After'))).toBeGreaterThan(0);
  });
});
