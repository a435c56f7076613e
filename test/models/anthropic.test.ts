import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ModelPort } from '../../src/agent/ports.ts';
import { chooseModel } from '../../src/models/choose-model.ts';
import { answerWith, events, named } from './support/fake-vendor.ts';
import { ask, assistant, requestOf, toolMessage, user } from './support/request.ts';

afterEach(() => vi.restoreAllMocks());

const MODEL = 'anthropic/claude-sonnet-5-5';
const KEY = 'sk-ant-secret';

function model(): ModelPort {
  const chosen = chooseModel({ ANTHROPIC_API_KEY: KEY }, MODEL);
  if (!chosen.ok) throw new Error(chosen.error.message);
  return chosen.value;
}

/** A reply that thinks, speaks and calls, as the Messages API streams it. */
const THINK_AND_CALL = events(
  named('message_start', {
    message: {
      id: 'msg_01',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-5-5',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: {
        input_tokens: 472,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: 2,
      },
    },
  }),
  named('content_block_start', {
    index: 0,
    content_block: { type: 'thinking', thinking: '', signature: '' },
  }),
  named('content_block_delta', {
    index: 0,
    delta: { type: 'thinking_delta', thinking: 'A count is wanted.' },
  }),
  named('content_block_delta', {
    index: 0,
    delta: { type: 'signature_delta', signature: 'EqQBsigned' },
  }),
  named('content_block_stop', { index: 0 }),
  named('content_block_start', { index: 1, content_block: { type: 'text', text: '' } }),
  'event: ping\ndata: {"type": "ping"}',
  named('content_block_delta', { index: 1, delta: { type: 'text_delta', text: 'Let me ' } }),
  named('content_block_delta', { index: 1, delta: { type: 'text_delta', text: 'count.' } }),
  named('content_block_stop', { index: 1 }),
  named('content_block_start', {
    index: 2,
    content_block: { type: 'tool_use', id: 'toolu_01A', name: 'text-stats', input: {} },
  }),
  named('content_block_delta', { index: 2, delta: { type: 'input_json_delta', partial_json: '' } }),
  named('content_block_delta', {
    index: 2,
    delta: { type: 'input_json_delta', partial_json: '{"text": "a ' },
  }),
  named('content_block_delta', {
    index: 2,
    delta: { type: 'input_json_delta', partial_json: 'b"}' },
  }),
  named('content_block_stop', { index: 2 }),
  named('message_delta', {
    delta: { stop_reason: 'tool_use', stop_sequence: null },
    usage: { output_tokens: 89 },
  }),
  named('message_stop', {}),
);

const SAY_DONE = events(
  named('message_start', {
    message: {
      id: 'msg_02',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-5-5',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 600, output_tokens: 1 },
    },
  }),
  named('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
  named('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Two words.' } }),
  named('content_block_stop', { index: 0 }),
  named('message_delta', {
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 6 },
  }),
  named('message_stop', {}),
);

describe('an Anthropic model', () => {
  test('streams text, calls and usage', async () => {
    answerWith(THINK_AND_CALL);
    const reply = await ask(model(), requestOf([user('Count: a b')], { model: MODEL }));
    expect(reply.text).toBe('Let me count.');
    expect(reply.calls).toEqual([
      { id: 'toolu_01A', name: 'text-stats', argumentsText: '{"text": "a b"}' },
    ]);
    expect(reply.chunks.at(-1)).toMatchObject({
      kind: 'end',
      usage: { inputTokens: 472, outputTokens: 89, costMicroUsd: 472 * 2 + 89 * 10 },
    });
  });

  test('keeps the beginning of what goes on, and counts what that costs and saves', async () => {
    const usage = {
      input_tokens: 72,
      cache_creation_input_tokens: 100,
      cache_read_input_tokens: 300,
      output_tokens: 2,
    };
    const kept = named('message_start', {
      message: { id: 'm', type: 'message', role: 'assistant', model: 'c', content: [], usage },
    });
    const end = named('message_delta', { delta: { stop_reason: 'end_turn' }, usage });
    const sent = answerWith(events(kept, end, named('message_stop', {})), SAY_DONE);
    const going = requestOf([user('Hi')], { model: MODEL });
    const reply = await ask(model(), going);
    expect(sent[0]?.body.cache_control).toEqual({ type: 'ephemeral' });
    // A token that is kept costs a quarter more; no discount is counted on for one that was.
    expect(reply.chunks.at(-1)).toMatchObject({
      usage: {
        inputTokens: 472,
        cachedInputTokens: 300,
        costMicroUsd: 472 * 2 + 100 * 2 * 0.25 + 2 * 10,
      },
    });
    const once = requestOf([user('Hi')], { model: MODEL, tools: [] });
    await ask(model(), once);
    expect(sent[1]?.body).not.toHaveProperty('cache_control');
    const [more, less] = [going, once].map((request) => model().reserve(request));
    expect(more!.costMicroUsd).toBe(
      Math.ceil(more!.inputTokens * 2 * 1.25) + more!.outputTokens * 10,
    );
    expect(less!.costMicroUsd).toBe(less!.inputTokens * 2 + less!.outputTokens * 10);
  });

  test('is told to call one tool at a time, beside what it is told anyway', async () => {
    const sent = answerWith(SAY_DONE);
    await ask(model(), requestOf([user('Hi')], { model: MODEL, singleCall: true }));
    expect(sent[0]?.body).toMatchObject({
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      cache_control: { type: 'ephemeral' },
    });
  });

  test('is sent conversation, tools, limit and key', async () => {
    const sent = answerWith(SAY_DONE);
    const system = { role: 'system', content: 'Be brief.', label: user('').label } as const;
    await ask(model(), requestOf([system, user('Hi')], { model: MODEL, maxOutputTokens: 77 }));
    expect(sent[0]?.url).toBe('https://api.anthropic.com/v1/messages');
    expect(sent[0]?.headers.get('x-api-key')).toBe(KEY);
    expect(sent[0]?.body).toMatchObject({
      model: 'claude-sonnet-5-5',
      max_tokens: 77,
      stream: true,
      system: [{ type: 'text', text: 'Be brief.' }],
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }],
      tool_choice: { type: 'auto' },
    });
    const tools = sent[0]?.body.tools as { name: string; input_schema: unknown }[];
    expect(tools.map(({ name }) => name)).toEqual(['text-stats', 'json-query', 'http-fetch']);
    expect(tools[0]?.input_schema).toMatchObject({ type: 'object', required: ['text'] });
  });

  test('gets its own reasoning back unchanged, in its place before text and call', async () => {
    const sent = answerWith(THINK_AND_CALL, SAY_DONE);
    const question = user('Count: a b');
    const first = await ask(model(), requestOf([question], { model: MODEL }));
    const end = first.chunks.at(-1);
    const echo = end?.kind === 'end' && end.echo !== undefined ? { echo: end.echo } : {};
    const reply = { ...assistant(first.text, ...first.calls), ...echo };
    const messages = [question, reply, toolMessage(first.calls[0]!, '{"words":2}')];
    const second = await ask(model(), requestOf(messages, { model: MODEL }));
    expect(second.text).toBe('Two words.');
    expect(sent[1]?.body.messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Count: a b' }] },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'A count is wanted.', signature: 'EqQBsigned' },
          { type: 'text', text: 'Let me count.' },
          { type: 'tool_use', id: 'toolu_01A', name: 'text-stats', input: { text: 'a b' } },
        ],
      },
      {
        role: 'user',
        content: [
          expect.objectContaining({
            type: 'tool_result',
            tool_use_id: 'toolu_01A',
            content: '{"words":2}',
          }),
        ],
      },
    ]);
  });

  test('does not get the reasoning of another model', async () => {
    const sent = answerWith(SAY_DONE);
    const echo = { model: 'anthropic/claude-opus-5-5', parts: [{ kind: 'reasoning', text: 'x' }] };
    const messages = [user('Hi'), { ...assistant('Hello'), echo }, user('Again')];
    await ask(model(), requestOf(messages, { model: MODEL }));
    expect(JSON.stringify(sent[0]?.body)).not.toContain('thinking');
  });

  test('still sees its tools when it may not call them', async () => {
    const sent = answerWith(SAY_DONE);
    await ask(model(), requestOf([user('Hi')], { model: MODEL, toolChoice: 'none' }));
    expect(sent[0]?.body).toMatchObject({ tool_choice: { type: 'none' } });
    expect(sent[0]?.body.tools).toHaveLength(3);
  });
});
