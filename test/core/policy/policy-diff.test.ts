import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import { diffPolicies } from '../../../src/core/policy/policy-diff.ts';
import type { JsonValue } from '../../../src/core/primitives/json.ts';

describe('diffPolicies()', () => {
  test('names members by pointer, and lists of texts by what came and went', () => {
    const from = { deny: ['a', 'b'], limits: { 'a/b': 1, same: 2 }, gone: true };
    const to = { deny: ['c', 'b'], limits: { 'a/b': 3, same: 2 }, fresh: null };
    expect(diffPolicies(from, to)).toEqual([
      { pointer: '/deny', added: ['c'], removed: ['a'] },
      { pointer: '/limits/a~1b', from: 1, to: 3 },
      { pointer: '/gone', from: true },
      { pointer: '/fresh', to: null },
    ]);
  });

  test('takes the order of texts for nothing, that of anything else for a change', () => {
    expect(diffPolicies({ deny: ['a', 'b'] }, { deny: ['b', 'a'] })).toEqual([]);
    expect(diffPolicies({ keys: [1, 2] }, { keys: [2, 1] })).toHaveLength(1);
  });

  test('finds nothing between a value and itself', () => {
    const policy: JsonValue = JSON.parse(JSON.stringify(DEFAULT_POLICY));
    expect(diffPolicies(policy, policy)).toEqual([]);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(diffPolicies(value as JsonValue, structuredClone(value) as JsonValue)).toEqual([]);
      }),
    );
  });
});
