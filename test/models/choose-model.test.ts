import { describe, expect, test } from 'vitest';
import { chooseEmbedding } from '../../src/models/choose-embedding.ts';
import { chooseModel } from '../../src/models/choose-model.ts';
import { createMissingModel } from '../../src/models/missing-model.ts';
import type { ModelBindings } from '../../src/models/model-bindings.ts';
import { listModels } from '../../src/models/model-catalogue.ts';
import { factsOf } from '../../src/models/model-facts.ts';
import { ask, requestOf, user } from './support/request.ts';

const EMBEDDED = ['embedded/planner', 'embedded/script', 'embedded/lexical'];
const TERMS = { firstByteMs: 1_000, unknownPrice: 'worst-case' } as const;
const AI = { run: async () => null };

describe('chooseModel()', () => {
  test.each<[string, ModelBindings]>([
    ['embedded/planner', {}],
    ['embedded/script', {}],
    ['anthropic/claude-brand-new', { ANTHROPIC_API_KEY: 'k' }],
    ['openai/gpt-6-astra', { OPENAI_API_KEY: 'k' }],
    ['google/gemini-4-argon', { GOOGLE_API_KEY: 'k' }],
    ['compatible/any/model:1b', { OPENAI_COMPATIBLE_BASE_URL: 'http://x/v1' }],
    ['mine/m', { OPENAI_COMPATIBLE_BASE_URL: 'http://x/v1', OPENAI_COMPATIBLE_NAME: 'mine' }],
    ['workers-ai/@cf/meta/llama-3.3-70b-instruct-fp8-fast', { AI }],
  ])('finds %s', (name, env) => {
    expect(chooseModel(env, name).ok).toBe(true);
  });

  test.each<[string, ModelBindings, string]>([
    ['anthropic/claude', {}, '"ANTHROPIC_API_KEY" must be set'],
    ['openai/gpt', { OPENAI_API_KEY: '' }, '"OPENAI_API_KEY" must be set'],
    ['google/gemini', {}, '"GOOGLE_API_KEY" must be set'],
    ['compatible/m', {}, '"OPENAI_COMPATIBLE_BASE_URL" must be set'],
    ['workers-ai/@cf/x', {}, 'the binding "AI" must be set'],
    ['embedded/other', {}, 'the provider must be one of'],
    ['constructor/x', {}, 'the provider must be one of'],
    ['nobody/nothing', {}, 'the provider must be one of embedded, anthropic, openai, google'],
    ['gpt-4', {}, 'it must have the form "provider/model"'],
    ['', {}, 'it must have the form'],
    ['anthropic/', { ANTHROPIC_API_KEY: 'k' }, 'it must have the form'],
    [`anthropic/${'x'.repeat(200)}`, { ANTHROPIC_API_KEY: 'k' }, 'it must have the form'],
    ['anthropic/a b\u001b[2J', { ANTHROPIC_API_KEY: 'k' }, 'it must have the form'],
  ])('refuses %j', (name, env, problem) => {
    const chosen = chooseModel(env, name);
    expect(chosen).toMatchObject({ ok: false, error: { code: 'model_unknown' } });
    if (chosen.ok) return;
    expect(chosen.error.message).toContain(problem);
    expect(chosen.error.message).toMatch(/^[ -~]{0,300}$/);
  });

  test("does not let an operator's endpoint take the name of another provider", () => {
    const env = { OPENAI_COMPATIBLE_BASE_URL: 'http://x/v1', OPENAI_COMPATIBLE_NAME: 'anthropic' };
    expect(chooseModel(env, 'anthropic/claude').ok).toBe(false);
    expect(chooseModel(env, 'compatible/claude').ok).toBe(true);
  });

  test('counts a model of unknown price at more than any known one', () => {
    const env = { ANTHROPIC_API_KEY: 'k' };
    const [known, unknown] = ['anthropic/claude-fable-5-1', 'anthropic/unheard-of'].map((name) => {
      const chosen = chooseModel(env, name);
      return chosen.ok ? chosen.value.price(1_000, 1_000).costMicroUsd : Number.NaN;
    });
    expect(known).toBe(60_000);
    expect(unknown).toBeGreaterThan(60_000);
  });

  test.each([
    '{',
    '[]',
    'null',
    '{"anthropic/x": "free"}',
    '{"anthropic/x": [0]}',
    '{"anthropic/x": [-1, 0]}',
  ])('ignores malformed prices %j', (MODEL_PRICES) => {
    const chosen = chooseModel({ ANTHROPIC_API_KEY: 'k', MODEL_PRICES }, 'anthropic/x');
    expect(chosen.ok && chosen.value.price(1, 0).costMicroUsd).toBeGreaterThan(0);
  });

  test('reserves at least what the same request is settled at', () => {
    const chosen = chooseModel({ ANTHROPIC_API_KEY: 'k' }, 'anthropic/claude-sonnet-5-5');
    if (!chosen.ok) throw new Error(chosen.error.message);
    const once = [user('What is 日本語 worth?'.repeat(100))];
    const request = requestOf(once, { tools: [] });
    const reserved = chosen.value.reserve(request);
    expect(reserved.outputTokens).toBe(request.maxOutputTokens);
    expect(reserved.inputTokens).toBeGreaterThan((100 * 'What is 日本語 worth?'.length) / 4);
    expect(reserved.costMicroUsd).toBe(reserved.inputTokens * 2 + reserved.outputTokens * 10);
  });
});

describe('a model that is gone', () => {
  test('says so when it is asked', async () => {
    const chosen = chooseModel({}, 'openai/gpt');
    if (chosen.ok) throw new Error('It must be unknown');
    const asked = ask(createMissingModel(chosen.error), requestOf([user('Hi')]));
    await expect(asked).rejects.toMatchObject({ code: 'model_unknown' });
  });
});

describe('listModels()', () => {
  const ids = (env: ModelBindings) => listModels(env).map(({ id }) => id);

  test('holds the embedded models, honestly described, where there is no key', () => {
    expect(ids({})).toEqual(EMBEDDED);
    for (const { description } of listModels({})) {
      expect(description).toMatch(/^Not a (language|trained) model/);
    }
  });

  test('holds the models of a vendor once its key is set, and room for others', () => {
    const listed = ids({ ANTHROPIC_API_KEY: 'k' });
    expect(listed).toContain('anthropic/claude-opus-5-5');
    expect(listed).toContain('anthropic/*');
    expect(listed.some((id) => id.startsWith('openai/'))).toBe(false);
  });

  test("holds what the operator says of his own endpoint's models", () => {
    const env = { OPENAI_COMPATIBLE_BASE_URL: 'http://x/v1', OPENAI_COMPATIBLE_NAME: 'ollama' };
    expect(ids({ ...env, OPENAI_COMPATIBLE_MODELS: ' llama3.2, qwen3:8b ,' })).toEqual([
      ...EMBEDDED,
      'ollama/llama3.2',
      'ollama/qwen3:8b',
      'ollama/*',
    ]);
  });

  test('lists nothing that cannot be chosen', () => {
    const env: ModelBindings = {
      ANTHROPIC_API_KEY: 'k',
      OPENAI_API_KEY: 'k',
      GOOGLE_API_KEY: 'k',
      OPENAI_COMPATIBLE_BASE_URL: 'http://x/v1',
      AI,
    };
    for (const id of ids(env)) {
      const isEmbedding = factsOf(env, id).kind === 'embedding';
      const choose = isEmbedding ? chooseEmbedding : chooseModel;
      expect([id, choose(env, id.replace('*', 'any'), TERMS).ok]).toEqual([id, true]);
    }
  });
});
