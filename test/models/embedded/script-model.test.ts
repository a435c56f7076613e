import { describe, expect, test } from 'vitest';
import type { Message } from '../../../src/core/conversation/message.ts';
import { MAX_SCRIPT_DELAY_MS } from '../../../src/models/embedded/parse-script.ts';
import { scriptModel } from '../../../src/models/embedded/script-model.ts';
import { ask, assistant, requestOf, toolMessage, user } from '../support/request.ts';

const play = (script: unknown, ...after: readonly Message[]) =>
  ask(scriptModel, requestOf([user(JSON.stringify({ script })), ...after]));

describe('embedded/script', () => {
  test('answers each round with its step, whatever came before the message', async () => {
    const script = [
      {
        text: 'One.',
        toolCalls: [
          { name: 'a', arguments: { x: 1 } },
          { name: 'b', id: 'mine' },
        ],
      },
      { text: 'Two.' },
    ];
    const first = await play(script);
    expect(first.text).toBe('One.');
    expect(first.calls).toEqual([
      { id: 'call_0_0', name: 'a', argumentsText: '{"x":1}' },
      { id: 'mine', name: 'b', argumentsText: '{}' },
    ]);
    const round = [assistant('One.', ...first.calls), toolMessage(first.calls[0]!, 'ok')];
    expect((await play(script, ...round)).text).toBe('Two.');

    const earlier = [user('Hello'), assistant('Hi'), assistant('Hi again')];
    const later = await ask(scriptModel, requestOf([...earlier, user(JSON.stringify({ script }))]));
    expect(later.text).toBe('One.');
  });

  test('says malformed arguments word for word', async () => {
    const { calls } = await play([{ toolCalls: [{ name: 'a', arguments: '{"x":' }] }]);
    expect(calls[0]?.argumentsText).toBe('{"x":');
  });

  test('ends before the first of the texts at which it is to stop', async () => {
    const step = { text: 'One. Two. Three.', toolCalls: [{ name: 'a' }] };
    const said = (stopSequences: readonly string[]) =>
      ask(scriptModel, {
        ...requestOf([user(JSON.stringify({ script: [step] }))]),
        stopSequences,
      });
    expect(await said([' Three', ' Two'])).toMatchObject({ text: 'One.', calls: [] });
    const whole = await said(['Four']);
    expect([whole.text, whole.calls.length]).toEqual(['One. Two. Three.', 1]);
  });

  test('says so when its script has ended', async () => {
    const { text, calls } = await play([{ text: 'One.' }], assistant('One.'));
    expect(text).toContain('has ended');
    expect(calls).toEqual([]);
  });

  test('costs as many tokens as the script says, and no money', async () => {
    const usage = { inputTokens: 7, outputTokens: 8, costMicroUsd: 9 };
    expect((await play([{ text: 'x'.repeat(8), usage }])).chunks.at(-1)).toEqual({
      kind: 'end',
      usage: { ...usage, costMicroUsd: 0 },
    });
    expect((await play([{ text: 'x'.repeat(8) }])).chunks.at(-1)).toMatchObject({
      usage: { outputTokens: 2, costMicroUsd: 0 },
    });
  });

  test('costs no more than was reserved for it, whatever the script says', async () => {
    const most = Number.MAX_SAFE_INTEGER;
    const script = [{ text: 'x', usage: { inputTokens: most, outputTokens: most } }];
    const request = requestOf([user(JSON.stringify({ script }))]);
    const { chunks } = await ask(scriptModel, request);
    expect(chunks.at(-1)).toEqual({ kind: 'end', usage: scriptModel.reserve(request) });
  });

  test('streams in pieces, with pauses, and stops when it is told to', async () => {
    const text = 'one two three four five six seven eight nine ten';
    const paced = await play([{ text, chunkDelayMs: 1, delayMs: 1 }]);
    expect(paced.text).toBe(text);
    expect(paced.chunks.length).toBeGreaterThan(3);

    const controller = new AbortController();
    const request = requestOf([
      user(JSON.stringify({ script: [{ text, delayMs: MAX_SCRIPT_DELAY_MS }] })),
    ]);
    const asked = ask(scriptModel, request, controller.signal);
    controller.abort();
    expect((await asked).chunks).toEqual([]);
  });

  test.each([
    ['Hello', 'not JSON'],
    ['[]', 'a list "script"'],
    ['{"script": {}}', 'a list "script"'],
    ['{"script": [1]}', 'step 1 must be an object'],
    ['{"script": [{}, {"txt": "x"}]}', 'step 2 must hold known keys only'],
    ['{"script": [{"text": 1}]}', 'a string "text"'],
    ['{"script": [{"toolCalls": {}}]}', 'a list "toolCalls"'],
    ['{"script": [{"toolCalls": [{"arguments": {}}]}]}', 'a string "name"'],
    ['{"script": [{"usage": {"inputTokens": -1}}]}', '"usage"'],
    [`{"script": [{"delayMs": ${MAX_SCRIPT_DELAY_MS + 1}}]}`, 'pauses from 0 to 10000'],
    ['{"script": [{"chunkDelayMs": -1}]}', 'pauses from 0 to 10000'],
  ])('answers %s honestly', async (message, problem) => {
    const { text, calls } = await ask(scriptModel, requestOf([user(message)]));
    expect(text).toContain(problem);
    expect(text).toContain('embedded/script');
    expect(calls).toEqual([]);
  });
});
