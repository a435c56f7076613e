import { describe, expect, test } from 'vitest';
import { expandGrants } from '../../../src/core/capabilities/expand.ts';
import { narrowestTerms, requireNarrower } from '../../../src/core/channels/sender-terms.ts';

const grants = (...texts: string[]) => expandGrants(texts).patterns.map((pattern) => ({ pattern }));

const channel = {
  grants: grants('tool:call:*', 'provider:llm:call:embedded/*'),
  budget: { tokens: 100, costMicroUsd: 50 },
};

describe('requireNarrower()', () => {
  test('lets through what the channel gives, up to all of it', () => {
    expect(requireNarrower(channel, {}, 0).ok).toBe(true);
    expect(requireNarrower(channel, { ...channel }, 0).ok).toBe(true);
    expect(requireNarrower(channel, { grants: grants('tool:call:echo') }, 0).ok).toBe(true);
    expect(requireNarrower(channel, { grants: [] }, 0).ok).toBe(true);
  });

  test('names what would be wider', () => {
    const wider = { grants: grants('tool:call:echo', 'tool:exec:shell') };
    expect(requireNarrower(channel, wider, 0)).toMatchObject({
      ok: false,
      error: 'tool:exec:shell',
    });
    for (const budget of [
      { tokens: 101, costMicroUsd: 0 },
      { tokens: 0, costMicroUsd: 51 },
    ]) {
      expect(requireNarrower(channel, { budget }, 0)).toMatchObject({ ok: false, error: 'budget' });
    }
  });
});

describe('narrowestTerms()', () => {
  const patterns = (terms: ReturnType<typeof narrowestTerms>) =>
    terms.grants.map(({ pattern }) => pattern);

  test('is the channel’s where nothing was said', () => {
    expect(narrowestTerms(channel, [undefined, {}])).toEqual(channel);
  });

  test('is bound by all of them, in whichever order', () => {
    const first = {
      grants: grants('tool:call:echo', 'tool:call:read'),
      budget: { tokens: 9, costMicroUsd: 50 },
    };
    const second = { grants: grants('tool:call:echo'), budget: { tokens: 99, costMicroUsd: 3 } };
    for (const all of [
      [first, second],
      [second, first],
    ]) {
      const met = narrowestTerms(channel, all);
      expect(patterns(met)).toEqual(['tool:call:echo']);
      expect(met.budget).toEqual({ tokens: 9, costMicroUsd: 3 });
    }
  });

  test('never outgrows a channel that gives less than when it was said', () => {
    const less = { ...channel, grants: grants('provider:llm:call:embedded/*') };
    expect(patterns(narrowestTerms(less, [{ grants: grants('tool:call:echo') }]))).toEqual([]);
  });
});
