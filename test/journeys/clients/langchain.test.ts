/** LangChain, unmodified, over its package for OpenAI: chat completions and responses. */

import { HumanMessage, type ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { SCRIPT_MODEL } from '../../support/api.ts';
import { ASKS_CLIENT, tokenWithoutBudget, WEATHER } from '../../support/clients.ts';
import { type Gateway, startGateway } from '../../support/gateway.ts';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.dispose());

function chat(model: string, useResponsesApi: boolean, apiKey = gateway.token): ChatOpenAI {
  const configuration = { baseURL: `${gateway.url}/v1` };
  return new ChatOpenAI({ model, apiKey, configuration, useResponsesApi, maxRetries: 0 });
}

const weather = tool(({ city }) => `Clear sky over ${city}.`, {
  name: WEATHER.name,
  description: WEATHER.description,
  schema: z.object({ city: z.string() }),
});

/** The package's own type of a message leaves its usage out. */
function tokensOf(message: object): number {
  const { usage_metadata: usage } = message as { usage_metadata?: { total_tokens: number } };
  return usage?.total_tokens ?? 0;
}

const QUESTION = 'Count the words in: one two three four';

describe.each([
  ['chat completions', false],
  ['responses', true],
])('LangChain over %s', (_, useResponses) => {
  test('is answered by an agent that used a tool', async () => {
    const answer = await chat('embedded/planner', useResponses).invoke(QUESTION);
    expect(answer.text).toMatch(/\b4\b/);
    expect(tokensOf(answer)).toBeGreaterThan(0);
  });

  test('streams, and knows at the end what it has cost', async () => {
    let text = '';
    let tokens = 0;
    for await (const chunk of await chat('embedded/planner', useResponses).stream(QUESTION)) {
      text += chunk.text;
      tokens += tokensOf(chunk);
    }
    expect(text).toMatch(/\b4\b/);
    expect(tokens).toBeGreaterThan(0);
  });

  test('runs its own tools, and goes on with what they say', async () => {
    const model = chat(SCRIPT_MODEL, useResponses).bindTools([weather]);
    const question = new HumanMessage(ASKS_CLIENT);
    const first = await model.invoke([question]);
    const [call] = first.tool_calls ?? [];
    expect(call).toMatchObject({ name: 'get_weather', args: { city: 'Bern' }, id: 'call_w1' });
    if (call === undefined) throw new Error('there is no call');
    const said: ToolMessage = await weather.invoke({ ...call, type: 'tool_call' });
    const second = await model.invoke([question, first, said]);
    expect(second.text).toBe('It is sunny.');
  });
});

describe('errors', () => {
  test('say that nothing is left to spend', async () => {
    const poor = chat('embedded/planner', false, await tokenWithoutBudget(gateway));
    const failure = await poor.invoke(QUESTION).catch((error) => error);
    expect(failure.status).toBe(429);
  });

  test('say that a model is not there', async () => {
    const failure = await chat('nobody/nothing', false)
      .invoke(QUESTION)
      .catch((error) => error);
    expect(failure.status).toBe(404);
  });
});
