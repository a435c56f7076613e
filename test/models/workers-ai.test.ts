import { describe, expect, test } from 'vitest';
import type { ModelPort } from '../../src/agent/ports.ts';
import { chooseModel } from '../../src/models/choose-model.ts';
import { data, events } from './support/fake-vendor.ts';
import { ask, assistant, requestOf, toolMessage, user } from './support/request.ts';

const MODEL = 'workers-ai/@cf/openai/gpt-oss-120b';

/** The binding, as it answers with these server-sent events. */
function bind(answer: () => Response | Promise<never>) {
  const runs: { model: string; inputs: Record<string, unknown> }[] = [];
  const AI = {
    run: async (model: string, inputs: Record<string, unknown>) => {
      runs.push({ model, inputs });
      return (await answer()).body;
    },
  };
  const chosen = chooseModel({ AI }, MODEL);
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
    const reply = await ask(model, request);
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

  test('survives an event that is not JSON', async () => {
    const { model } = bind(events('data: {oops', data({ response: 'Fine.' }), 'data: [DONE]'));
    expect((await ask(model, request)).text).toBe('Fine.');
  });
});
