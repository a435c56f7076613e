/** The official OpenAI client, unmodified, against the gateway. */

import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../support/gateway.ts';

let gateway: Gateway;
let client: OpenAI;

beforeAll(async () => {
  gateway = await startGateway();
  client = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.token, maxRetries: 0 });
});
afterAll(() => gateway?.dispose());

const ask = {
  model: 'embedded/planner',
  messages: [{ role: 'user' as const, content: 'Count the words in: one two three four' }],
};

describe('the openai client', () => {
  test('lists the models', async () => {
    const ids = (await client.models.list()).data.map(({ id }) => id);
    expect(ids).toContain('embedded/planner');
  });

  test('completes a chat in which the agent used a tool', async () => {
    const completion = await client.chat.completions.create(ask);
    expect(completion.choices[0]?.message.content).toMatch(/\b4\b/);
    expect(completion.choices[0]?.finish_reason).toBe('stop');
    expect(completion.usage?.total_tokens).toBeGreaterThan(0);
  });

  test('streams the same answer', async () => {
    const stream = await client.chat.completions.create({
      ...ask,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let finish: string | null | undefined;
    let tokens = 0;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
      tokens = chunk.usage?.total_tokens ?? tokens;
    }
    expect(text).toMatch(/\b4\b/);
    expect(finish).toBe('stop');
    expect(tokens).toBeGreaterThan(0);
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

  test.each([
    ['an unknown model', { ...ask, model: 'nobody/nothing' }, 422],
    [
      'a history that does not end with the user',
      { ...ask, messages: [{ role: 'system' as const, content: 'x' }] },
      422,
    ],
  ])('gets an error in its own shape for %s', async (_, request, status) => {
    const failure = await client.chat.completions.create(request).catch((error) => error);
    expect(failure).toBeInstanceOf(OpenAI.APIError);
    expect(failure.status).toBe(status);
    expect(failure.message).not.toBe('');
  });

  test('is refused with a wrong key', async () => {
    const stranger = new OpenAI({
      baseURL: `${gateway.url}/v1`,
      apiKey: 'sk-wrong',
      maxRetries: 0,
    });
    await expect(stranger.models.list()).rejects.toMatchObject({ status: 401 });
  });
});
