/** Responses, with the official OpenAI client, unmodified. */

import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { callApi, SCRIPT_MODEL, script } from '../../support/api.ts';
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

const untilBusy = (session: string) =>
  expect
    .poll(async () => (await callApi(gateway).get(`/v1/sessions/${session}`)).body.activeTurn)
    .toBeDefined();

const ask = { model: 'embedded/planner', input: 'Count the words in: one two three four' };

const tools: OpenAI.Responses.FunctionTool[] = [
  {
    type: 'function',
    name: WEATHER.name,
    description: WEATHER.description,
    parameters: WEATHER.schema,
    strict: false,
  },
];

describe('a response', () => {
  test('is given by an agent that used a tool', async () => {
    const response = await client.responses.create({ ...ask, instructions: 'Be brief.' });
    expect(response).toMatchObject({
      object: 'response',
      status: 'completed',
      model: 'embedded/planner',
      instructions: 'Be brief.',
      error: null,
    });
    expect(response.output_text).toMatch(/\b4\b/);
    expect(response.usage?.total_tokens).toBeGreaterThan(0);
  });

  test('leaves it to the provider when a context is compacted', async () => {
    const context_management = [{ type: 'compaction', compact_threshold: 100_000 }];
    const response = await client.responses.create({ ...ask, context_management });
    expect(response.output_text).toMatch(/\b4\b/);
    const tooMany = client.responses.create({
      ...ask,
      context_management: Array.from({ length: 17 }, () => ({ type: 'compaction' })),
    });
    await expect(tooMany).rejects.toBeInstanceOf(OpenAI.BadRequestError);
  });

  test('streams in the order of the protocol, with a number on each event', async () => {
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of await client.responses.create({ ...ask, stream: true })) {
      events.push(event);
    }
    const kinds = events.map(({ type }) => type.replace(/^response\./, ''));
    expect([...new Set(kinds)]).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'completed',
    ]);
    expect(events.map(({ sequence_number: number }) => number)).toEqual(kinds.map((_, at) => at));
    const last = events.at(-1);
    if (last?.type !== 'response.completed') throw new Error('it has not completed');
    expect(await client.responses.retrieve(last.response.id)).toMatchObject({
      output: last.response.output,
      usage: last.response.usage,
    });
  });

  test('is read again by a client that asks for more than there is', async () => {
    const { id } = await client.responses.create(ask);
    const include = ['file_search_call.results', 'message.output_text.logprobs'] as const;
    expect(await client.responses.retrieve(id, { include: [...include] })).toMatchObject({ id });
  });

  test('is streamed once more by its id, also behind an event', async () => {
    const { id, output } = await client.responses.create(ask);
    const read = async (query: { starting_after?: number }) => {
      const events: OpenAI.Responses.ResponseStreamEvent[] = [];
      const stream = await client.responses.retrieve(id, { ...query, stream: true });
      for await (const event of stream) events.push(event);
      return events;
    };
    const all = await read({});
    expect(all[0]?.type).toBe('response.created');
    expect(all.at(-1)).toMatchObject({ type: 'response.completed', response: { id, output } });
    expect(await read({ starting_after: 2 })).toEqual(all.slice(3));
    const response = await client.responses.stream({ response_id: id }).finalResponse();
    expect(response.output).toMatchObject(output);
    await expect(client.responses.retrieve('resp_1', { stream: true })).rejects.toBeInstanceOf(
      OpenAI.NotFoundError,
    );
  });

  test('goes on where the previous one ended, under its own instructions only', async () => {
    const first = await client.responses.create({ ...ask, instructions: 'Speak of ducks.' });
    const second = await client.responses.create({
      model: SCRIPT_MODEL,
      input: script({ text: 'Still here.' }),
      previous_response_id: first.id,
    });
    expect(second.previous_response_id).toBe(first.id);
    expect(second.output_text).toBe('Still here.');
    const session = `ses_${second.id.slice(5, 49)}`;
    const { body } = await callApi(gateway).get(`/v1/sessions/${session}/messages`);
    const roles = body.messages.map(({ role }: { role: string }) => role);
    expect(roles.filter((role: string) => role === 'user')).toHaveLength(2);
    expect(roles).not.toContain('system');
  });

  test('follows the newest one only', async () => {
    const first = await client.responses.create(ask);
    const next = { ...ask, previous_response_id: first.id };
    await client.responses.create(next);
    const refused = client.responses.create(next);
    await expect(refused).rejects.toBeInstanceOf(OpenAI.ConflictError);
    await expect(refused).rejects.toThrow('it must go on from the newest of its conversation');
  });

  test('that is cut is incomplete, and says why', async () => {
    const request = { model: SCRIPT_MODEL, input: script({ text: 'x'.repeat(40) }) };
    const cut = await client.responses.create({ ...request, max_output_tokens: 9 });
    expect(cut.status).toBe('incomplete');
    expect(cut.incomplete_details?.reason).toBe('max_output_tokens');
    const whole = await client.responses.create({ ...request, max_output_tokens: 10 });
    expect(whole.status).toBe('completed');
  });

  test('is read, cancelled and deleted by its id', async () => {
    const { id, output } = await client.responses.create(ask);
    expect((await client.responses.retrieve(id)).output).toEqual(output);
    expect((await client.responses.cancel(id)).status).toBe('completed');
    await client.responses.delete(id);
    await expect(client.responses.retrieve(id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
    await expect(
      client.responses.create({ ...ask, previous_response_id: id }),
    ).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  test.each(['create', 'stream'] as const)(
    'that is deleted while it is waited for (%s) is not there',
    async (how) => {
      const first = await client.responses.create({
        model: SCRIPT_MODEL,
        input: script({ text: 'First.' }),
      });
      const input = script({ delayMs: 8_000, text: 'Late.' });
      const body = { model: SCRIPT_MODEL, input, previous_response_id: first.id };
      const next = client.responses.create({ ...body, stream: how === 'stream' });
      const refused = expect(next).rejects.toBeInstanceOf(OpenAI.NotFoundError);
      await untilBusy(`ses_${first.id.slice(5, 49)}`);
      await client.responses.delete(first.id);
      await refused;
    },
  );
});

test('a session that is deleted while its turn is waited for is not there', async () => {
  const api = callApi(gateway);
  const session = await api.session();
  const turn = api.turn(session, script({ delayMs: 8_000, text: 'Late.' }), SCRIPT_MODEL);
  await untilBusy(session);
  expect((await api.delete(`/v1/sessions/${session}`)).status).toBe(204);
  const { status, body } = await turn;
  expect([status, body.code]).toEqual([404, 'not_found']);
});

describe('a function of the client', () => {
  test('is called once at a time by whoever does not want several calls', async () => {
    const response = await client.responses.create({
      ...{ model: SCRIPT_MODEL, input: ASKS_TWICE, tools, parallel_tool_calls: false },
    });
    expect(response.parallel_tool_calls).toBe(false);
    expect(response.output).toMatchObject([{ type: 'function_call', call_id: 'call_w1' }]);
  });

  test('is called by the model and run by the client, whose output is the next input', async () => {
    const first = await client.responses.create({ model: SCRIPT_MODEL, input: ASKS_CLIENT, tools });
    expect(first.status).toBe('completed');
    expect(first.output).toMatchObject([
      { type: 'message', content: [{ type: 'output_text', text: 'Let me look. ' }] },
      {
        type: 'function_call',
        call_id: 'call_w1',
        name: 'get_weather',
        arguments: '{"city":"Bern"}',
      },
    ]);
    const second = await client.responses.create({
      model: SCRIPT_MODEL,
      previous_response_id: first.id,
      input: [{ type: 'function_call_output', call_id: 'call_w1', output: 'Clear sky.' }],
      tools,
    });
    expect(second.output_text).toBe('It is sunny.');
  });

  test('is part of the whole input where nothing is stored', async () => {
    const first = await client.responses.create({
      model: SCRIPT_MODEL,
      input: ASKS_CLIENT,
      tools,
      store: false,
    });
    const second = await client.responses.create({
      model: SCRIPT_MODEL,
      input: [
        { role: 'user', content: ASKS_CLIENT },
        ...(first.output as OpenAI.Responses.ResponseInputItem[]),
        { type: 'function_call_output', call_id: 'call_w1', output: 'Clear sky.' },
      ],
      tools,
      store: false,
    });
    expect(second.output_text).toBe('It is sunny.');
  });

  test('comes in pieces of a stream, after what the agent did inside', async () => {
    const stream = client.responses.stream({ model: SCRIPT_MODEL, input: ASKS_BOTH, tools });
    const kinds: string[] = [];
    stream.on('event', ({ type }) => kinds.push(type));
    const response = await stream.finalResponse();
    expect(response.output.map(({ type }) => type)).toEqual(['message', 'function_call']);
    expect(kinds.slice(-5)).toEqual([
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ]);
  });
});

describe('errors', () => {
  test('say that no model is shown pictures', async () => {
    const content = [
      {
        type: 'input_image' as const,
        image_url: 'https://a.example/b.png',
        detail: 'auto' as const,
      },
    ];
    const refused = client.responses.create({ ...ask, input: [{ role: 'user', content }] });
    await expect(refused).rejects.toThrow('no model is shown pictures');
  });

  test.each([
    ['an unknown model', { ...ask, model: 'nobody/nothing' }, OpenAI.NotFoundError],
    ['an id that nobody issued', { ...ask, previous_response_id: 'resp_1' }, OpenAI.NotFoundError],
    [
      'an output without a call',
      {
        ...ask,
        input: [{ type: 'function_call_output' as const, call_id: 'none', output: 'x' }],
      },
      OpenAI.BadRequestError,
    ],
    [
      'a tool of the vendor',
      { ...ask, tools: [{ type: 'web_search' as const }] },
      OpenAI.BadRequestError,
    ],
  ])('are own errors of the client for %s', async (_, request, type) => {
    await expect(client.responses.create(request)).rejects.toBeInstanceOf(type);
  });

  test('say when to come back once nothing is left to spend', async () => {
    const poor = clientWith(await tokenWithoutBudget(gateway));
    const failure = await poor.responses.create(ask).catch((error) => error);
    expect(failure).toBeInstanceOf(OpenAI.RateLimitError);
    expect(Number(failure.headers.get('Retry-After'))).toBeGreaterThan(0);
  });
});
