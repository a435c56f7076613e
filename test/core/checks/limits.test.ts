import { describe, expect, test } from 'vitest';
import { approveCall } from '../../../src/core/checks/approve-call.ts';
import type { CallTrace, CheckContext } from '../../../src/core/checks/check-context.ts';
import { MAX_EQUAL_CALLS } from '../../../src/core/checks/limits.ts';
import { DEFAULT_TURN_LIMITS } from '../../../src/core/policy/turn-limits.ts';
import { FULL_SLICE, makeAuthority, makeContext, makePolicy, propose } from './fixture.ts';

function approve(changes: Partial<CheckContext>, text = 'a') {
  return approveCall(propose('text-stats', { text }), makeContext(changes));
}

function denial(changes: Partial<CheckContext>, text = 'a') {
  const approved = approve(changes, text);
  return approved.ok ? 'approved' : approved.error;
}

const refused = (reason: string, facts: object = {}) => ({
  kind: 'denial',
  check: 'limits',
  reason,
  ...facts,
});

/** The hash of the arguments with which the tests call. */
const ARGUMENT_HASH = (() => {
  const approved = approve({});
  if (!approved.ok) throw new Error(approved.error.reason);
  return approved.value.call.claims.argumentHash;
})();

function trace(resultHash?: string, changes: Partial<CallTrace> = {}): CallTrace {
  const result = resultHash === undefined ? {} : { resultHash };
  return { tool: 'text-stats', argumentHash: ARGUMENT_HASH, ...result, ...changes };
}

describe('check 6: limits', () => {
  test('spends one call of the slice, and one of the tool’s own rate', () => {
    const slice = { ...FULL_SLICE, perTool: { 'text-stats': 2, fetch: 5 } };
    expect(approve({ slice })).toMatchObject({
      value: {
        slice: { ...FULL_SLICE, toolCalls: 15, perTool: { 'text-stats': 1, fetch: 5 } },
      },
    });
    expect(slice.perTool['text-stats']).toBe(2);
  });

  test('a tool without a rate of its own has none, whatever it is called', () => {
    expect(denial({ slice: { ...FULL_SLICE, perTool: { fetch: 0 } } })).toBe('approved');
  });

  test('the last call of a slice passes, the next one is denied', () => {
    expect(denial({ slice: { ...FULL_SLICE, toolCalls: 1 } })).toBe('approved');
    expect(denial({ slice: { ...FULL_SLICE, toolCalls: 0 } })).toEqual(refused('slice_exhausted'));
    expect(denial({ slice: { ...FULL_SLICE, toolCalls: Number.NaN } })).toEqual(
      refused('slice_exhausted'),
    );
  });

  test.each(['session_rate', 'principal_rate', 'workspace_rate'] as const)(
    'names %s when that is why the slice is short, and says when to come back',
    (reason) => {
      const slice = { ...FULL_SLICE, toolCalls: 0, shortOf: { reason, retryAfterMs: 1_250 } };
      expect(denial({ slice })).toEqual(refused(reason, { retryAfterMs: 1_250 }));
      expect(denial({ slice: { ...slice, toolCalls: 1 } })).toBe('approved');
    },
  );

  test('denies a tool whose own rate is used up, until its bucket holds one more', () => {
    const perTool = (left: number) => ({
      ...FULL_SLICE,
      ...{ perTool: { 'text-stats': left }, toolRetryAfterMs: { 'text-stats': 1_234 } },
    });
    expect(denial({ slice: perTool(1) })).toBe('approved');
    expect(denial({ slice: perTool(0) })).toEqual(refused('tool_rate', { retryAfterMs: 1_234 }));
  });

  test.each([
    ['token_budget', 'tokens'],
    ['money_budget', 'costMicroUsd'],
  ] as const)('denies %s when it is used up and was scarce, or was overspent', (reason, part) => {
    const shortOf = { reason, retryAfterMs: 60_000 } as const;
    expect(denial({ slice: { ...FULL_SLICE, [part]: 1, shortOf } })).toBe('approved');
    expect(denial({ slice: { ...FULL_SLICE, [part]: 0, shortOf } })).toEqual(
      refused(reason, { retryAfterMs: 60_000 }),
    );
    expect(denial({ slice: { ...FULL_SLICE, [part]: -1 } })).toEqual(refused(reason));
    expect(denial({ slice: { ...FULL_SLICE, [part]: 0 } })).toBe('approved');
  });

  test('denies the call after the last that the turn may make, by the stricter authority', () => {
    const limited = (maxToolCalls: number) =>
      makeAuthority({ policy: makePolicy({ limits: { ...DEFAULT_TURN_LIMITS, maxToolCalls } }) });
    const history = [trace('x', { tool: 'fetch' }), trace('y', { tool: 'fetch' })];
    expect(denial({ authority: limited(3), history })).toBe('approved');
    expect(denial({ authority: limited(2), history })).toEqual(refused('turn_call_limit'));
    expect(denial({ authority: limited(3), newest: limited(2), history })).toEqual(
      refused('turn_call_limit'),
    );
    expect(denial({ authority: limited(0) })).toEqual(refused('turn_call_limit'));
  });

  test('denies a call that has had the same result three times', () => {
    expect(MAX_EQUAL_CALLS).toBe(3);
    expect(denial({ history: [trace('x'), trace('x')] })).toBe('approved');
    expect(denial({ history: [trace('x'), trace('x'), trace('x')] })).toEqual(
      refused('loop_detected'),
    );
    const between = trace('other', { tool: 'fetch' });
    expect(denial({ history: [trace('x'), between, trace('x'), between, trace('x')] })).toEqual(
      refused('loop_detected'),
    );
  });

  test('sees no loop where arguments, tool or result differ, or a call still runs', () => {
    expect(denial({ history: [trace('x'), trace('y'), trace('x')] })).toBe('approved');
    expect(denial({ history: Array(3).fill(trace('x', { argumentHash: 'f'.repeat(64) })) })).toBe(
      'approved',
    );
    expect(denial({ history: Array(3).fill(trace('x', { tool: 'fetch' })) })).toBe('approved');
    expect(denial({ history: Array(3).fill(trace()) })).toBe('approved');
    expect(denial({ history: Array(3).fill(trace('x')) }, 'b')).toBe('approved');
  });
});
