/** Embedding models of vendors, in their own wire formats, and what is refused before they are asked. */

import { afterEach, describe, expect, test, vi } from 'vitest';
import { chooseEmbedding } from '../../src/models/choose-embedding.ts';
import type { EmbeddingPort } from '../../src/models/embedding-port.ts';
import type { AiBinding, ModelBindings } from '../../src/models/model-bindings.ts';
import { answerWith } from './support/fake-vendor.ts';

afterEach(() => vi.restoreAllMocks());

const ENV: ModelBindings = {
  OPENAI_API_KEY: 'sk-secret',
  GOOGLE_API_KEY: 'g-secret',
  ANTHROPIC_API_KEY: 'sk-ant-secret',
  OPENAI_COMPATIBLE_BASE_URL: 'https://models.example/v1',
};
const SIGNAL = new AbortController().signal;
const TERMS = { firstByteMs: 1_000, unknownPrice: 'worst-case' } as const;

function port(id: string, env = ENV): EmbeddingPort {
  const chosen = chooseEmbedding(env, id, TERMS);
  if (!chosen.ok) throw new Error(chosen.error.message);
  return chosen.value;
}

const answer = (body: object) => () => Response.json(body);

const openAi = (...vectors: readonly unknown[]) =>
  answer({
    data: vectors.map((embedding, index) => ({ index, embedding })),
    usage: { prompt_tokens: 100, total_tokens: 100 },
  });

describe('an embedding model', () => {
  test('of OpenAI is sent the texts, and costs its list price', async () => {
    const sent = answerWith(openAi([1, 2], [3, 4]));
    const made = await port('openai/text-embedding-3-large').embed(
      { texts: ['a', 'b'], dimensions: 2 },
      SIGNAL,
    );
    expect(made).toEqual({
      vectors: [
        [1, 2],
        [3, 4],
      ],
      usage: { inputTokens: 100, outputTokens: 0, costMicroUsd: 13 },
    });
    expect(sent[0]?.url).toBe('https://api.openai.com/v1/embeddings');
    expect(sent[0]?.body).toMatchObject({ input: ['a', 'b'], dimensions: 2 });
  });

  test('of Google is sent the texts', async () => {
    const sent = answerWith(answer({ embeddings: [{ values: [1] }, { values: [2] }] }));
    const { vectors } = await port('google/gemini-embedding-001').embed(
      { texts: ['a', 'b'] },
      SIGNAL,
    );
    expect(vectors).toEqual([[1], [2]]);
    expect(sent[0]?.url).toContain('gemini-embedding-001:batchEmbedContents');
  });

  test.each([
    ['too few', openAi([1, 2])],
    ['too many', openAi([1], [2], [3])],
    ['of different sizes', openAi([1, 2], [3])],
    ['empty', openAi([], [])],
    ['endless', openAi(new Array(8_193).fill(1), new Array(8_193).fill(1))],
  ])('is not believed when its vectors are %s', async (_, lie) => {
    answerWith(lie);
    const asked = port('compatible/embed').embed({ texts: ['a', 'b'] }, SIGNAL);
    await expect(asked).rejects.toMatchObject({ code: 'model_failed' });
  });

  describe('of Workers AI', () => {
    const BGE = 'workers-ai/@cf/baai/bge-base-en-v1.5';
    /** As the binding answers and is called: the compiler holds it against the platform's own type. */
    type BgeAnswer = Ai_Cf_Baai_Bge_Base_En_V1_5_Output;
    const isBinding: (ai: Ai) => AiBinding = (ai) => ai;

    function bind(answer: BgeAnswer | (() => Promise<never>)) {
      const runs: { model: string; inputs: unknown; options: unknown }[] = [];
      const AI: AiBinding = {
        run: async (model, inputs, options) => {
          runs.push({ model, inputs, options });
          return typeof answer === 'function' ? await answer() : answer;
        },
      };
      return { AI, runs };
    }
    const row = (place: number) => new Array<number>(768).fill(place);

    test('is sent the texts, and costs its list price', async () => {
      const { AI, runs } = bind({ shape: [2, 768], data: [row(1), row(2)], pooling: 'mean' });
      const model = port(BGE, { AI });
      const { vectors, usage } = await model.embed({ texts: ['a'.repeat(400), 'b'] }, SIGNAL);
      expect(vectors).toEqual([row(1), row(2)]);
      expect(usage).toEqual({ inputTokens: 101, outputTokens: 0, costMicroUsd: 7 });
      const inputs = { text: ['a'.repeat(400), 'b'] };
      expect(runs).toMatchObject([{ model: '@cf/baai/bge-base-en-v1.5', inputs }]);
      expect(model.dimensions).toEqual({ usual: 768, least: 768, most: 768 });
      expect(await model.textsAtOnce()).toBe(100);
      expect(isBinding).toBeDefined();
    });

    test.each([
      ['too few', { data: [row(1)] }],
      ['none', {}],
      ['put off', { request_id: 'later' }],
      ['no numbers', { data: [['x'], ['y']] as unknown as number[][] }],
    ])('is not believed when its vectors are %s', async (_, lie) => {
      const asked = port(BGE, bind(lie)).embed({ texts: ['a', 'b'] }, SIGNAL);
      await expect(asked).rejects.toMatchObject({ retry: { failure: 'cut-off' } });
    });

    test('gives no vectors of another size than was asked for', async () => {
      const { AI } = bind({ data: [[1, 2, 3]] });
      const model = port('workers-ai/@cf/new/embed', { AI });
      expect((await model.embed({ texts: ['a'], dimensions: 3 }, SIGNAL)).vectors).toHaveLength(1);
      const asked = model.embed({ texts: ['a'], dimensions: 2 }, SIGNAL);
      await expect(asked).rejects.toMatchObject({ code: 'model_failed' });
    });

    test('shows nothing of what it was asked where it fails', async () => {
      const fail = () => Promise.reject(new Error('5004: Invalid: secret text'));
      const failed = await port(BGE, bind(fail))
        .embed({ texts: ['secret text'] }, SIGNAL)
        .catch((thrown: unknown) => thrown);
      expect(failed).toMatchObject({ retry: { retryable: false } });
      expect(`${failed} ${JSON.stringify(failed)}`).not.toContain('secret');
    });

    test.each([
      ['there is no binding', BGE, {}],
      ['it is no embedding model', 'workers-ai/@cf/openai/gpt-oss-120b', bind({})],
      ['it ranks, and embeds nothing', 'workers-ai/@cf/baai/bge-reranker-base', bind({})],
      ['the AI Gateway cannot be read', BGE, { ...bind({}), AI_GATEWAY_URL: 'ours' }],
    ])('is not made where %s', (_, id, env) => {
      expect(chooseEmbedding(env, id, TERMS)).toMatchObject({ ok: false });
    });
  });

  test('shows nothing of what it was asked where it fails', async () => {
    answerWith(() => Response.json({ error: { message: 'secret text' } }, { status: 500 }));
    const failed = await port('openai/text-embedding-3-small')
      .embed({ texts: ['secret text'] }, SIGNAL)
      .catch((thrown: unknown) => thrown);
    expect(failed).toMatchObject({ retry: { retryable: true, failure: 'failing' } });
    expect(`${failed} ${JSON.stringify(failed)}`).not.toContain('secret');
  });

  test('reserves at least what any text may cost', () => {
    const { reserve } = port('openai/text-embedding-3-large');
    expect(reserve(['a'.repeat(3_000), 'é'.repeat(3_000)]).inputTokens).toBe(4_000);
    expect(reserve(['a'.repeat(3_000)]).costMicroUsd).toBe(130);
  });

  test.each([
    ['anthropic/claude-embed', ENV],
    ['openai/gpt-6-luna', ENV],
    ['openai/text-embedding-3-small', {}],
    ['embedded/planner', ENV],
    ['nobody/embed', ENV],
    ['__proto__/embed', ENV],
    ['embed', ENV],
  ])('is not made of %s', (id, env) => {
    expect(chooseEmbedding(env, id, TERMS)).toMatchObject({
      ok: false,
      error: { code: 'model_unknown' },
    });
  });

  test('of no known price is not asked where that must be known', () => {
    const terms = { ...TERMS, unknownPrice: 'refuse' } as const;
    expect(chooseEmbedding(ENV, 'openai/embed-brand-new', terms).ok).toBe(false);
    expect(chooseEmbedding(ENV, 'openai/text-embedding-3-small', terms).ok).toBe(true);
  });
});
