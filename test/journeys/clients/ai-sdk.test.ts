/** The AI SDK, unmodified, over its packages for OpenAI, for what is compatible, and for Anthropic. */

import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, generateText, type LanguageModel, stepCountIs, streamText, tool } from 'ai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { SCRIPT_MODEL } from '../../support/api.ts';
import { ASKS_BOTH, ASKS_CLIENT, tokenWithoutBudget, WEATHER } from '../../support/clients.ts';
import { type Gateway, startGateway } from '../../support/gateway.ts';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway?.dispose());

type Connect = (model: string, apiKey?: string) => LanguageModel;

const baseURL = () => `${gateway.url}/v1`;

const PROVIDERS: readonly (readonly [string, Connect])[] = [
  [
    'what is compatible with OpenAI',
    (model, apiKey = gateway.token) =>
      createOpenAICompatible({
        name: 'sallyport',
        baseURL: baseURL(),
        apiKey,
        includeUsage: true,
      })(model),
  ],
  [
    'chat completions of OpenAI',
    (model, apiKey = gateway.token) => createOpenAI({ baseURL: baseURL(), apiKey }).chat(model),
  ],
  [
    'the responses of OpenAI',
    (model, apiKey = gateway.token) =>
      createOpenAI({ baseURL: baseURL(), apiKey }).responses(model),
  ],
  [
    'the messages of Anthropic',
    (model, apiKey = gateway.token) => createAnthropic({ baseURL: baseURL(), apiKey })(model),
  ],
];

const QUESTION = 'Count the words in: one two three four';

describe.each(PROVIDERS)('the AI SDK for %s', (_, connect) => {
  const asked: string[] = [];
  const tools = {
    [WEATHER.name]: tool({
      description: WEATHER.description,
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => {
        asked.push(city);
        return 'Clear sky.';
      },
    }),
  };

  test('generates a text with an agent that used a tool', async () => {
    const model = connect('embedded/planner');
    const { text, usage, finishReason } = await generateText({ model, prompt: QUESTION });
    expect(text).toMatch(/\b4\b/);
    expect(finishReason).toBe('stop');
    expect(usage.totalTokens).toBeGreaterThan(0);
  });

  test('streams a text, and knows at the end what it has cost', async () => {
    const stream = streamText({ model: connect('embedded/planner'), prompt: QUESTION });
    let text = '';
    for await (const piece of stream.textStream) text += piece;
    expect(text).toMatch(/\b4\b/);
    expect((await stream.usage).totalTokens).toBeGreaterThan(0);
  });

  test('runs the tools of the client in its loop until the model is done', async () => {
    asked.length = 0;
    const { text } = await generateText({
      model: connect(SCRIPT_MODEL),
      prompt: ASKS_CLIENT,
      tools,
      stopWhen: stepCountIs(3),
    });
    expect(asked).toEqual(['Bern']);
    expect(text).toBe('It is sunny.');
  });

  test('does so in a stream, beside tools of the workspace', async () => {
    const stream = streamText({ model: connect(SCRIPT_MODEL), prompt: ASKS_BOTH, tools });
    const calls = await stream.toolCalls;
    expect(calls.map(({ toolName }) => toolName)).toEqual(['get_weather']);
    expect(await stream.finishReason).toBe('tool-calls');
  });

  test('says that nothing is left to spend, and when to come back', async () => {
    const model = connect('embedded/planner', await tokenWithoutBudget(gateway));
    const failure = await generateText({ model, prompt: QUESTION, maxRetries: 0 }).catch(
      (error) => error,
    );
    expect(APICallError.isInstance(failure)).toBe(true);
    expect(failure.statusCode).toBe(429);
    expect(Number(failure.responseHeaders['retry-after'])).toBeGreaterThan(0);
  });
});
