import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ModelPort } from '../../src/agent/ports.ts';
import { chooseModel } from '../../src/models/choose-model.ts';
import { answerWith, events, named } from './support/fake-vendor.ts';
import { ask, assistant, requestOf, toolMessage, user } from './support/request.ts';

afterEach(() => vi.restoreAllMocks());

const MODEL = 'openai/gpt-6.1-sol';

function model(): ModelPort {
  const chosen = chooseModel({ OPENAI_API_KEY: 'sk-secret' }, MODEL);
  if (!chosen.ok) throw new Error(chosen.error.message);
  return chosen.value;
}

const RESPONSE = {
  id: 'resp_01',
  object: 'response',
  created_at: 1_790_000_000,
  model: 'gpt-6.1-sol',
  status: 'in_progress',
  output: [],
};

/** Reasoning, text and a call, as the Responses API streams them. */
const THINK_AND_CALL = events(
  named('response.created', { response: RESPONSE }),
  named('response.output_item.added', {
    output_index: 0,
    item: { id: 'rs_01', type: 'reasoning', summary: [], encrypted_content: null },
  }),
  named('response.output_item.done', {
    output_index: 0,
    item: { id: 'rs_01', type: 'reasoning', summary: [], encrypted_content: 'gAAAAencrypted' },
  }),
  named('response.output_item.added', {
    output_index: 1,
    item: { id: 'msg_01', type: 'message', status: 'in_progress', role: 'assistant', content: [] },
  }),
  named('response.content_part.added', {
    item_id: 'msg_01',
    output_index: 1,
    content_index: 0,
    part: { type: 'output_text', text: '', annotations: [] },
  }),
  named('response.output_text.delta', {
    item_id: 'msg_01',
    output_index: 1,
    content_index: 0,
    delta: 'Let me ',
  }),
  named('response.output_text.delta', {
    item_id: 'msg_01',
    output_index: 1,
    content_index: 0,
    delta: 'count.',
  }),
  named('response.output_text.done', {
    item_id: 'msg_01',
    output_index: 1,
    content_index: 0,
    text: 'Let me count.',
  }),
  named('response.output_item.done', {
    output_index: 1,
    item: {
      id: 'msg_01',
      type: 'message',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Let me count.', annotations: [] }],
    },
  }),
  named('response.output_item.added', {
    output_index: 2,
    item: {
      id: 'fc_01',
      type: 'function_call',
      status: 'in_progress',
      call_id: 'call_9x',
      name: 'text-stats',
      arguments: '',
    },
  }),
  named('response.function_call_arguments.delta', {
    item_id: 'fc_01',
    output_index: 2,
    delta: '{"text":',
  }),
  named('response.function_call_arguments.delta', {
    item_id: 'fc_01',
    output_index: 2,
    delta: '"a b"}',
  }),
  named('response.function_call_arguments.done', {
    item_id: 'fc_01',
    output_index: 2,
    arguments: '{"text":"a b"}',
  }),
  named('response.output_item.done', {
    output_index: 2,
    item: {
      id: 'fc_01',
      type: 'function_call',
      status: 'completed',
      call_id: 'call_9x',
      name: 'text-stats',
      arguments: '{"text":"a b"}',
    },
  }),
  named('response.completed', {
    response: {
      ...RESPONSE,
      status: 'completed',
      usage: {
        input_tokens: 120,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 40,
        output_tokens_details: { reasoning_tokens: 12 },
        total_tokens: 160,
      },
    },
  }),
);

const SAY_DONE = events(
  named('response.created', { response: RESPONSE }),
  named('response.output_item.added', {
    output_index: 0,
    item: { id: 'msg_02', type: 'message', status: 'in_progress', role: 'assistant', content: [] },
  }),
  named('response.output_text.delta', {
    item_id: 'msg_02',
    output_index: 0,
    content_index: 0,
    delta: 'Two words.',
  }),
  named('response.output_item.done', {
    output_index: 0,
    item: {
      id: 'msg_02',
      type: 'message',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Two words.', annotations: [] }],
    },
  }),
  named('response.completed', {
    response: {
      ...RESPONSE,
      status: 'completed',
      usage: { input_tokens: 150, output_tokens: 4, total_tokens: 154 },
    },
  }),
);

describe('an OpenAI model', () => {
  test('streams text, calls and usage', async () => {
    answerWith(THINK_AND_CALL);
    const reply = await ask(model(), requestOf([user('Count: a b')], { model: MODEL }));
    expect(reply.text).toBe('Let me count.');
    expect(reply.calls).toEqual([
      { id: 'call_9x', name: 'text-stats', argumentsText: '{"text":"a b"}' },
    ]);
    expect(reply.chunks.at(-1)).toMatchObject({
      usage: { inputTokens: 120, outputTokens: 40, costMicroUsd: 640 },
    });
  });

  test('is told to call one tool at a time, beside what it is told anyway', async () => {
    const sent = answerWith(SAY_DONE);
    await ask(model(), requestOf([user('Hi')], { model: MODEL, singleCall: true }));
    expect(sent[0]?.body).toMatchObject({ parallel_tool_calls: false, store: false });
  });

  test.each([true, false])('is told how strictly a schema is meant: %j', async (isStrict) => {
    const sent = answerWith(SAY_DONE);
    const schema = { type: 'object', properties: { answer: { type: 'number' } } };
    const format = { kind: 'schema', name: 'answer', schema, isStrict } as const;
    await ask(model(), requestOf([user('Hi')], { model: MODEL, format }));
    expect(sent[0]?.body).toMatchObject({
      store: false,
      text: { format: { type: 'json_schema', name: 'answer', strict: isStrict } },
    });
  });

  test('is told not to store the conversation, and not to demand every argument', async () => {
    const sent = answerWith(SAY_DONE);
    await ask(model(), requestOf([user('Hi')], { model: MODEL, maxOutputTokens: 99 }));
    expect(sent[0]?.url).toBe('https://api.openai.com/v1/responses');
    expect(sent[0]?.headers.get('authorization')).toBe('Bearer sk-secret');
    expect(sent[0]?.body).toMatchObject({
      model: 'gpt-6.1-sol',
      store: false,
      stream: true,
      max_output_tokens: 99,
      tool_choice: 'auto',
      input: [{ role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }],
    });
    const tools = sent[0]?.body.tools;
    expect(tools).toHaveLength(3);
    expect(tools).toEqual(Array(3).fill(expect.objectContaining({ strict: false })));
  });

  test('gets its encrypted reasoning, its call and the result back', async () => {
    const sent = answerWith(THINK_AND_CALL, SAY_DONE);
    const question = user('Count: a b');
    const first = await ask(model(), requestOf([question], { model: MODEL }));
    const end = first.chunks.at(-1);
    const echo = end?.kind === 'end' && end.echo !== undefined ? { echo: end.echo } : {};
    const reply = { ...assistant(first.text, ...first.calls), ...echo };
    const messages = [question, reply, toolMessage(first.calls[0]!, '{"words":2}')];
    expect((await ask(model(), requestOf(messages, { model: MODEL }))).text).toBe('Two words.');
    const input = sent[1]?.body.input as Record<string, unknown>[];
    expect(input.map(({ type, role }) => type ?? role)).toEqual([
      'user',
      'reasoning',
      'assistant',
      'function_call',
      'function_call_output',
    ]);
    expect(input[1]).toMatchObject({ encrypted_content: 'gAAAAencrypted' });
    expect(input[3]).toMatchObject({
      call_id: 'call_9x',
      name: 'text-stats',
      arguments: '{"text":"a b"}',
    });
    expect(input[4]).toMatchObject({ call_id: 'call_9x', output: '{"words":2}' });
  });

  test('breaks, worth another attempt, when its stream is cut', async () => {
    answerWith(events(named('response.created', { response: RESPONSE })));
    await expect(ask(model(), requestOf([user('Hi')], { model: MODEL }))).rejects.toMatchObject({
      code: 'model_failed',
      retry: { retryable: true },
    });
  });
});
