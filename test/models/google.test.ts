import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ModelPort } from '../../src/agent/ports.ts';
import { chooseModel } from '../../src/models/choose-model.ts';
import { answerWith, data, events } from './support/fake-vendor.ts';
import { ask, assistant, requestOf, toolMessage, user } from './support/request.ts';

afterEach(() => vi.restoreAllMocks());

const MODEL = 'google/gemini-3.8-flash';

function model(): ModelPort {
  const chosen = chooseModel({ GOOGLE_API_KEY: 'AIzaSecret' }, MODEL);
  if (!chosen.ok) throw new Error(chosen.error.message);
  return chosen.value;
}

/** Text and a signed call, as `streamGenerateContent?alt=sse` sends them. */
const SPEAK_AND_CALL = events(
  data({
    candidates: [{ content: { parts: [{ text: 'Let me ' }], role: 'model' }, index: 0 }],
    modelVersion: 'gemini-3.8-flash',
  }),
  data({
    candidates: [{ content: { parts: [{ text: 'count.' }], role: 'model' }, index: 0 }],
  }),
  data({
    candidates: [
      {
        content: {
          parts: [
            {
              functionCall: { name: 'text-stats', args: { text: 'a b' } },
              thoughtSignature: 'CiQBsigned',
            },
          ],
          role: 'model',
        },
        finishReason: 'STOP',
        index: 0,
      },
    ],
    usageMetadata: {
      promptTokenCount: 80,
      candidatesTokenCount: 20,
      thoughtsTokenCount: 10,
      totalTokenCount: 110,
    },
  }),
);

const SAY_DONE = events(
  data({
    candidates: [
      {
        content: { parts: [{ text: 'Two words.' }], role: 'model' },
        finishReason: 'STOP',
        index: 0,
      },
    ],
    usageMetadata: { promptTokenCount: 90, candidatesTokenCount: 5, totalTokenCount: 95 },
  }),
);

describe('a Google model', () => {
  test('streams text, calls and usage, thoughts included', async () => {
    answerWith(SPEAK_AND_CALL);
    const reply = await ask(model(), requestOf([user('Count: a b')], { model: MODEL }));
    expect(reply.text).toBe('Let me count.');
    expect(reply.calls).toMatchObject([{ name: 'text-stats', argumentsText: '{"text":"a b"}' }]);
    expect(reply.chunks.at(-1)).toMatchObject({ usage: { inputTokens: 80, outputTokens: 30 } });
  });

  test('is sent conversation, tools and key, the key in a header', async () => {
    const sent = answerWith(SAY_DONE);
    await ask(model(), requestOf([user('Hi')], { model: MODEL }));
    expect(sent[0]?.url).toMatch(/\/models\/gemini-3\.8-flash:streamGenerateContent\?alt=sse$/);
    expect(sent[0]?.headers.get('x-goog-api-key')).toBe('AIzaSecret');
    expect(sent[0]?.url).not.toContain('AIzaSecret');
    expect(sent[0]?.body).toMatchObject({
      contents: [{ role: 'user', parts: [{ text: 'Hi' }] }],
      generationConfig: { maxOutputTokens: 1024 },
    });
    expect(JSON.stringify(sent[0]?.body.tools)).toContain('text-stats');
  });

  test('gets the signature of its call and the result back', async () => {
    const sent = answerWith(SPEAK_AND_CALL, SAY_DONE);
    const question = user('Count: a b');
    const first = await ask(model(), requestOf([question], { model: MODEL }));
    const end = first.chunks.at(-1);
    const echo = end?.kind === 'end' && end.echo !== undefined ? { echo: end.echo } : {};
    const reply = { ...assistant(first.text, ...first.calls), ...echo };
    const messages = [question, reply, toolMessage(first.calls[0]!, '{"words":2}')];
    expect((await ask(model(), requestOf(messages, { model: MODEL }))).text).toBe('Two words.');
    expect(sent[1]?.body.contents).toMatchObject([
      { role: 'user' },
      {
        role: 'model',
        parts: [
          { text: 'Let me count.' },
          {
            functionCall: { name: 'text-stats', args: { text: 'a b' } },
            thoughtSignature: 'CiQBsigned',
          },
        ],
      },
      { role: 'user', parts: [{ functionResponse: { name: 'text-stats' } }] },
    ]);
  });
});
