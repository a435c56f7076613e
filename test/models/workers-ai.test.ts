import { describe, expect, test } from 'vitest';
import type { ModelFault } from '../../src/agent/model-fault.ts';
import type { ModelPort, ModelRequest } from '../../src/agent/ports.ts';
import { chooseModel } from '../../src/models/choose-model.ts';
import type { AiBinding, ModelBindings } from '../../src/models/model-bindings.ts';
import { data, events } from './support/fake-vendor.ts';
import { ask, assistant, requestOf, toolMessage, user } from './support/request.ts';

const MODEL = 'workers-ai/@cf/openai/gpt-oss-120b';

/** The binding, as it answers with these server-sent events. */
function bind(answer: () => object | Promise<never>, gateway: Partial<ModelBindings> = {}) {
  const runs: { model: string; inputs: Record<string, unknown>; options: unknown }[] = [];
  const AI: AiBinding = {
    run: async (model, inputs, options) => {
      runs.push({ model, inputs, options });
      const given = await answer();
      return given instanceof Response ? given.body : given;
    },
  };
  const chosen = chooseModel({ AI, ...gateway }, MODEL);
  if (!chosen.ok) throw new Error(chosen.error.message);
  return { runs, model: chosen.value as ModelPort };
}

const request = requestOf([user('Count: a b')], { model: MODEL });

describe('a Workers AI model', () => {
  test('is read in its own wire format', async () => {
    const { model } = bind(
      events(
        data({ response: 'Let me ', p: 'abc' }),
        data({ response: 'count.' }),
        data({ response: '', tool_calls: [{ name: 'text-stats', arguments: { text: 'a b' } }] }),
        data({
          response: '',
          usage: { prompt_tokens: 40, completion_tokens: 8, total_tokens: 48 },
        }),
        'data: [DONE]',
      ),
    );
    const reply = await ask(model, request);
    expect(reply.text).toBe('Let me count.');
    expect(reply.calls).toEqual([
      { id: 'call_0', name: 'text-stats', argumentsText: '{"text":"a b"}' },
    ]);
    expect(reply.chunks.at(-1)).toEqual({
      kind: 'end',
      usage: { inputTokens: 40, outputTokens: 8, costMicroUsd: 20 },
    });
  });

  test('has its usage estimated when it states what nobody can have counted', async () => {
    const usage = {
      prompt_tokens: -40,
      completion_tokens: 0.5,
      prompt_tokens_details: { cached_tokens: -1 },
    };
    const { model } = bind(
      events(data({ response: 'Two.' }), data({ response: '', usage }), 'data: [DONE]'),
    );
    const reply = await ask(model, { ...request, tools: [] });
    expect(reply.chunks.at(-1)).toEqual({
      kind: 'end',
      usage: { inputTokens: 3, outputTokens: 1, costMicroUsd: 2 },
    });
  });

  test("is read in OpenAI's wire format, its calls in pieces", async () => {
    const delta = (value: unknown, finish: string | null = null) =>
      data({ choices: [{ index: 0, delta: value, finish_reason: finish }] });
    const { model } = bind(
      events(
        delta({ role: 'assistant', content: 'Hm.' }),
        delta({
          tool_calls: [{ index: 0, id: 'x1', type: 'function', function: { name: 'text-stats' } }],
        }),
        delta({ tool_calls: [{ index: 0, function: { arguments: '{"text":' } }] }),
        delta({ tool_calls: [{ index: 0, function: { arguments: '"a b"}' } }] }),
        delta({ tool_calls: [{ index: 0, id: null, function: { name: null, arguments: '' } }] }),
        delta({}, 'tool_calls'),
      ),
    );
    const reply = await ask(model, { ...request, tools: [] });
    expect(reply.text).toBe('Hm.');
    expect(reply.calls).toEqual([
      { id: 'x1', name: 'text-stats', argumentsText: '{"text":"a b"}' },
    ]);
    expect(reply.chunks.at(-1)).toMatchObject({ usage: { inputTokens: 3, outputTokens: 5 } });
  });

  test('is sent conversation, results and tools', async () => {
    const { model, runs } = bind(events(data({ response: 'Two.' }), 'data: [DONE]'));
    const call = { id: 'c1', name: 'text-stats', argumentsText: '{"text":"a b"}' };
    const messages = [user('Count: a b'), assistant('', call), toolMessage(call, '{"words":2}')];
    await ask(model, requestOf(messages, { model: MODEL }));
    expect(runs).toMatchObject([
      {
        model: '@cf/openai/gpt-oss-120b',
        inputs: {
          stream: true,
          max_tokens: 1024,
          messages: [
            { role: 'user', content: 'Count: a b' },
            {
              role: 'assistant',
              tool_calls: [
                { id: 'c1', function: { name: 'text-stats', arguments: '{"text":"a b"}' } },
              ],
            },
            { role: 'tool', tool_call_id: 'c1', content: '{"words":2}' },
          ],
        },
      },
    ]);
    expect(runs[0]?.inputs.tools).toHaveLength(3);
  });

  test.each([
    ['cannot be reached', () => Promise.reject(new Error('secret prompt'))],
    ['answers without a stream', () => new Response(null)],
    ['ends early', events(data({ response: 'Let me' }))],
  ])('that %s is a fault worth a retry, and quotes nothing', async (_, answer) => {
    const { model } = bind(answer);
    const asked = ask(model, request);
    await expect(asked).rejects.toMatchObject({ code: 'model_failed', retry: { retryable: true } });
    await expect(asked).rejects.not.toThrow('secret');
  });

  test.each([
    ['3040: No more data centers', { retryable: true, failure: 'rate-limited' }],
    ['3036: Used up', { retryable: true, failure: 'rate-limited' }],
    ['3007: Request timeout', { retryable: true, failure: 'timed-out' }],
    ['AiError: 5004: Invalid data', { retryable: false }],
    ['5007: No such model', { retryable: false }],
    ['9999: What is new', { retryable: true, failure: 'unreachable' }],
    ['50070: No number of theirs', { retryable: true, failure: 'unreachable' }],
  ])('that says "%s" is believed as far as its number goes', async (message, retry) => {
    const { model } = bind(() => Promise.reject(new Error(`${message}, secret prompt`)));
    const failed = await ask(model, request).catch((thrown: unknown) => thrown);
    const code = retry.retryable ? 'model_failed' : 'model_refused';
    expect(failed).toMatchObject({ code, retry });
    expect((failed as ModelFault).retry).toEqual(retry);
    expect(`${failed}`).not.toContain('secret');
  });

  test('is told what the client wishes, under its own names', async () => {
    const { model, runs } = bind(events(data({ response: 'Two.' }), 'data: [DONE]'));
    const wishes = { temperature: 0.2, topP: 0.9, stopSequences: ['END'], toolChoice: 'required' };
    await ask(model, { ...request, ...wishes } as ModelRequest);
    await ask(model, { ...request, toolChoice: { tool: 'text-stats' } });
    expect(runs[0]?.inputs).toMatchObject({
      ...{ temperature: 0.2, top_p: 0.9, stop: ['END'], tool_choice: 'required', stream: true },
    });
    const forced = { type: 'function', function: { name: 'text-stats' } };
    expect(runs[1]?.inputs.tool_choice).toEqual(forced);
    for (const name of ['temperature', 'top_p', 'stop', 'response_format']) {
      expect(runs[1]?.inputs).not.toHaveProperty(name);
    }
  });

  test('replies whole where the reply has a form, or it does not stream', async () => {
    const usage = {
      ...{ prompt_tokens: 40, completion_tokens: 8 },
      prompt_tokens_details: { cached_tokens: 30 },
    };
    const formed = bind(() => ({ response: { words: 2 }, usage }));
    const reply = await ask(formed.model, { ...request, format: { kind: 'json' } });
    expect(reply.text).toBe('{"words":2}');
    expect(reply.chunks.at(-1)).toEqual({
      kind: 'end',
      usage: { inputTokens: 40, outputTokens: 8, costMicroUsd: 20, cachedInputTokens: 30 },
    });
    expect(formed.runs[0]?.inputs).toMatchObject({
      ...{ stream: false, response_format: { type: 'json_object' } },
    });
    const tool_calls = [{ id: 'x1', function: { name: 'text-stats', arguments: '{}' } }];
    const message = { role: 'assistant', content: 'Hm.', tool_calls };
    const whole = bind(() => ({ choices: [{ message, finish_reason: 'tool_calls' }] }), {
      MODEL_CAPABILITIES: JSON.stringify({ [MODEL]: { streaming: false } }),
    });
    const other = await ask(whole.model, request);
    expect([other.text, other.calls]).toEqual([
      ...['Hm.', [{ id: 'x1', name: 'text-stats', argumentsText: '{}' }]],
    ]);
    expect(whole.runs[0]?.inputs.stream).toBe(false);
    const putOff = bind(() => ({ request_id: 'later' }));
    const asked = ask(putOff.model, { ...request, format: { kind: 'json' } });
    await expect(asked).rejects.toMatchObject({ code: 'model_failed' });
  });

  test('is offered no tools where it calls none', async () => {
    const told = events(data({ response: 'Two.' }), 'data: [DONE]');
    const MODEL_CAPABILITIES = JSON.stringify({ [MODEL]: { tools: false } });
    const { model, runs } = bind(told, { MODEL_CAPABILITIES });
    await ask(model, { ...request, toolChoice: 'required' });
    expect(runs[0]?.inputs).not.toHaveProperty('tools');
    expect(runs[0]?.inputs).not.toHaveProperty('tool_choice');
  });

  test.each([
    ['length', 'length'],
    ['content_filter', 'filter'],
  ])('says why its reply was cut: %s', async (finish_reason, cut) => {
    const choice = { index: 0, delta: { content: 'And' }, finish_reason };
    const { model } = bind(events(data({ choices: [choice] })));
    expect((await ask(model, request)).chunks.at(-1)).toMatchObject({ kind: 'end', cut });
  });

  test('is asked through the AI Gateway where one is set, past its cache', async () => {
    const told = events(data({ response: 'Two.' }), 'data: [DONE]');
    const straight = bind(told);
    await ask(straight.model, request);
    expect(straight.runs[0]?.options).not.toHaveProperty('gateway');
    const AI_GATEWAY_URL = 'https://gateway.ai.cloudflare.com/v1/account/ours';
    const through = bind(told, { AI_GATEWAY_URL });
    await ask(through.model, request);
    expect(through.runs[0]?.options).toMatchObject({ gateway: { id: 'ours', skipCache: true } });
  });

  test('survives an event that is not JSON', async () => {
    const { model } = bind(events('data: {oops', data({ response: 'Fine.' }), 'data: [DONE]'));
    expect((await ask(model, request)).text).toBe('Fine.');
  });
});
