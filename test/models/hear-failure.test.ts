/** The one rule of what counts against a provider, and that embeddings follow it like replies do. */

import { describe, expect, test } from 'vitest';
import { ModelFault } from '../../src/agent/model-fault.ts';
import { BREAKER_LIMITS } from '../../src/core/policy/breaker.ts';
import type { ProviderFailure } from '../../src/core/policy/provider-failure.ts';
import { hearFailure, providerOf } from '../../src/models/hear-failure.ts';
import { ProviderBreakers } from '../../src/models/provider-health.ts';

const LIVE = new AbortController().signal;
const GONE = AbortSignal.abort();

const fault = (failure?: ProviderFailure) =>
  new ModelFault('broken', { retryable: true, ...(failure && { failure }) });

/** Whether the provider is left alone after so many attempts that ended like this. */
function isLeftAlone(thrown: unknown, signal: AbortSignal, times: number): boolean {
  const breakers = new ProviderBreakers();
  for (let time = 0; time < times; time++) {
    breakers.begin('w', 'a', 0);
    hearFailure({ breakers, workspace: 'w', model: 'a/x/y' }, { thrown, signal, now: 0 });
  }
  expect(breakers.waitMs('w', 'b', 0)).toBe(0);
  return breakers.waitMs('w', 'a', 0) > 0;
}

const MANY = BREAKER_LIMITS.opensAt;

describe('hearFailure()', () => {
  test.each(['rate-limited', 'failing', 'unreachable', 'timed-out', 'cut-off'] as const)(
    'counts that a provider is %s, so many times in a row and no sooner',
    (failure) => {
      expect(isLeftAlone(fault(failure), LIVE, MANY)).toBe(true);
      expect(isLeftAlone(fault(failure), LIVE, MANY - 1)).toBe(false);
    },
  );

  test.each([
    ['whoever asked has gone away', fault('unreachable'), GONE],
    ['the request was refused', fault(), LIVE],
    ['the answer was left', undefined, LIVE],
    ['something of ours broke', new Error('ours'), LIVE],
  ])('learns nothing where %s', (_, thrown, signal) => {
    expect(isLeftAlone(thrown, signal, 10 * MANY)).toBe(false);
  });
});

test.each([
  ['openai/gpt', 'openai'],
  ['workers-ai/@cf/baai/bge-m3', 'workers-ai'],
])('the provider of %s is %s', (model, provider) => expect(providerOf(model)).toBe(provider));
