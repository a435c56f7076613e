/** Vendors behind the operator's AI Gateway: where they are asked, and that nobody is asked around it. */

import { afterEach, describe, expect, test, vi } from 'vitest';
import { aiGatewayOf } from '../../src/models/ai-gateway.ts';
import { chooseEmbedding } from '../../src/models/choose-embedding.ts';
import { chooseModel } from '../../src/models/choose-model.ts';
import { listModels } from '../../src/models/model-catalogue.ts';
import { answerWith } from './support/fake-vendor.ts';
import { ask, requestOf, user } from './support/request.ts';

afterEach(() => vi.restoreAllMocks());

const AI_GATEWAY_URL = 'https://gateway.ai.cloudflare.com/v1/account/ours';
const KEYS = { ANTHROPIC_API_KEY: 'a', OPENAI_API_KEY: 'o', GOOGLE_API_KEY: 'g' };
const THROUGH = { ...KEYS, AI_GATEWAY_URL, AI_GATEWAY_TOKEN: 'secret' };
const SIGNAL = new AbortController().signal;
const TERMS = { firstByteMs: 1_000, unknownPrice: 'worst-case' } as const;

describe('aiGatewayOf()', () => {
  test.each([
    [AI_GATEWAY_URL, 'ours'],
    [`${AI_GATEWAY_URL}/`, 'ours'],
    ['http://127.0.0.1:9/v1/account/mine', 'mine'],
  ])('reads %s', (url, id) => {
    expect(aiGatewayOf({ AI_GATEWAY_URL: url })).toMatchObject({ id, url: url.replace(/\/$/, '') });
  });

  test.each(['ours', 'https://gateway.example', 'https://h.example/one', `${AI_GATEWAY_URL}?a=b`])(
    'refuses %s',
    (url) => expect(aiGatewayOf({ AI_GATEWAY_URL: url })).toBe('malformed'),
  );

  test.each([undefined, ''])('takes %j for none', (url) => {
    expect(aiGatewayOf(url === undefined ? {} : { AI_GATEWAY_URL: url })).toBeUndefined();
  });
});

describe('with an AI Gateway', () => {
  test.each([
    ['anthropic/claude-haiku-5-5', '/anthropic/v1/messages'],
    ['openai/gpt-6-luna', '/openai/responses'],
    ['google/gemini-2.5-flash', '/google-ai-studio/v1beta/models/gemini-2.5-flash:'],
  ])('%s is asked through it, past its cache', async (id, path) => {
    const sent = answerWith(() => new Response('', { status: 400 }));
    const model = chooseModel(THROUGH, id);
    if (!model.ok) throw new Error(model.error.message);
    await ask(model.value, requestOf([user('Hi')], { model: id })).catch(() => undefined);
    expect(sent[0]?.url).toContain(`${AI_GATEWAY_URL}${path}`);
    const headers = new Headers(sent[0]?.headers);
    expect(headers.get('cf-aig-skip-cache')).toBe('true');
    expect(headers.get('cf-aig-authorization')).toBe('Bearer secret');
  });

  test('texts are embedded through it', async () => {
    const data = [{ index: 0, embedding: [1] }];
    const sent = answerWith(() => Response.json({ data, usage: { prompt_tokens: 1 } }));
    const model = chooseEmbedding(THROUGH, 'openai/text-embedding-3-small', TERMS);
    if (!model.ok) throw new Error(model.error.message);
    await model.value.embed({ texts: ['a'] }, SIGNAL);
    expect(sent[0]?.url).toBe(`${AI_GATEWAY_URL}/openai/embeddings`);
  });

  test('that cannot be read, no vendor is asked and none is listed', () => {
    const AI = { run: () => Promise.reject(new Error('never')) };
    const env = { ...KEYS, AI, AI_GATEWAY_URL: 'ours' };
    for (const id of ['anthropic/claude-haiku-5-5', 'workers-ai/@cf/openai/gpt-oss-120b']) {
      expect(chooseModel(env, id)).toMatchObject({
        ok: false,
        error: { message: expect.stringContaining('AI_GATEWAY_URL') },
      });
    }
    const providers = new Set(listModels(env).map(({ provider }) => provider));
    expect([...providers]).toEqual(['embedded']);
  });
});
