import { afterEach, describe, expect, test, vi } from 'vitest';
import { ModelFault } from '../../src/agent/model-fault.ts';
import { chooseModel } from '../../src/models/choose-model.ts';
import type { ModelBindings } from '../../src/models/model-bindings.ts';
import { answerWith, data, events, named, refusal } from './support/fake-vendor.ts';
import { ask, requestOf, user } from './support/request.ts';

afterEach(() => vi.restoreAllMocks());

const KEY = 'sk-very-secret-key';
const PROMPT = 'a very private question';
const ENV: ModelBindings = {
  ANTHROPIC_API_KEY: KEY,
  OPENAI_API_KEY: KEY,
  GOOGLE_API_KEY: KEY,
  OPENAI_COMPATIBLE_BASE_URL: 'https://models.example/v1',
  OPENAI_COMPATIBLE_API_KEY: KEY,
};
const IN_FAR_FUTURE = 'Fri, 31 Dec 2199 23:59:59 GMT';
const MODELS = ['anthropic/claude-x', 'openai/gpt-x', 'google/gemini-x', 'compatible/x'];

/** The fault of asking, with everything that it could carry along as text. */
async function faultOf(model: string): Promise<{ fault: ModelFault; everything: string }> {
  const chosen = chooseModel(ENV, model);
  if (!chosen.ok) throw new Error(chosen.error.message);
  try {
    await ask(chosen.value, requestOf([user(PROMPT)], { model }));
  } catch (thrown) {
    if (!(thrown instanceof ModelFault)) throw thrown;
    const { message, stack, cause } = thrown;
    return { fault: thrown, everything: JSON.stringify([message, stack, cause, { ...thrown }]) };
  }
  throw new Error('It must fail');
}

describe.each(MODELS)('a failure of %s', (model) => {
  test.each([
    [400, 'model_refused', false],
    [401, 'model_refused', false],
    [403, 'model_refused', false],
    [404, 'model_refused', false],
    [408, 'model_failed', true],
    [429, 'model_failed', true],
    [500, 'model_failed', true],
    [503, 'model_failed', true],
    [529, 'model_failed', true],
  ])('with status %i names the status and nothing else', async (status, code, retryable) => {
    answerWith(
      refusal(status, {
        error: { type: 'x', message: `${PROMPT} ${KEY}`, code: 'y' },
        echo: PROMPT,
      }),
    );
    const { fault, everything } = await faultOf(model);
    expect(fault).toMatchObject({ code, retry: { retryable } });
    expect(fault.message).toContain(String(status));
    expect(everything).not.toContain(PROMPT);
    expect(everything).not.toContain(KEY);
  });

  test('to answer at all is worth another attempt', async () => {
    answerWith();
    const { fault, everything } = await faultOf(model);
    expect(fault.retry.retryable).toBe(true);
    expect(everything).not.toContain(KEY);
  });

  test('that says when to come back is heard, within reason', async () => {
    answerWith(
      refusal(429, { error: { message: 'slow down' } }, { 'retry-after': '3' }),
      refusal(429, { error: { message: 'slow down' } }, { 'retry-after': '86400' }),
      refusal(429, { error: { message: 'slow down' } }, { 'retry-after': IN_FAR_FUTURE }),
    );
    expect((await faultOf(model)).fault.retry.retryAfterMs).toBe(3_000);
    expect((await faultOf(model)).fault.retry.retryAfterMs).toBe(10_000);
    expect((await faultOf(model)).fault.retry.retryAfterMs).toBe(10_000);
  });
});

describe('a stream that breaks', () => {
  test.each([
    [
      'anthropic/claude-x',
      events(named('error', { error: { type: 'overloaded_error', message: PROMPT } })),
    ],
    ['compatible/x', events(data({ error: { message: PROMPT, type: 'server_error' } }))],
    [
      'openai/gpt-x',
      events(
        named('error', { code: 'server_error', message: PROMPT, param: null, sequence_number: 1 }),
      ),
    ],
  ])('of %s shows nothing of what it said', async (model, answer) => {
    answerWith(answer);
    const { fault, everything } = await faultOf(model);
    expect(fault.code).toBe('model_failed');
    expect(everything).not.toContain(PROMPT);
  });

  test.each(MODELS)('of %s without an end is no reply', async (model) => {
    answerWith(events(': nothing'));
    expect((await faultOf(model)).fault.code).toBe('model_failed');
  });
});

test('an abort stops the request', async () => {
  const chosen = chooseModel(ENV, 'anthropic/claude-x');
  if (!chosen.ok) throw new Error(chosen.error.message);
  const controller = new AbortController();
  const { promise: isAsked, resolve: asked } = Promise.withResolvers<void>();
  vi.spyOn(globalThis, 'fetch').mockImplementation((_, init) => {
    const { signal } = init as { signal: AbortSignal };
    asked();
    return new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason)),
    );
  });
  const answered = ask(chosen.value, requestOf([user('Hi')]), controller.signal);
  void isAsked.then(() => controller.abort());
  await expect(answered).rejects.toMatchObject({ code: 'model_failed' });
});
