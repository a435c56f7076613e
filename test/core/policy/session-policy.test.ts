import { describe, expect, test } from 'vitest';
import {
  DEFAULT_SESSION_POLICY,
  sessionPolicySchema,
} from '../../../src/core/policy/session-policy.ts';

const problemsOf = (written: unknown) =>
  sessionPolicySchema.safeParse(written).error?.issues.map(({ path }) => path.join('.')) ?? [];

describe('the policy of sessions', () => {
  test('bounds all and each, and ends none, unless it says so', () => {
    expect(sessionPolicySchema.parse({})).toEqual(DEFAULT_SESSION_POLICY);
  });

  test.each([
    ['that lowers the bound of all says that of one', { max: 500 }, ['maxOfPrincipal']],
    ['gives nobody more than all', { max: 500, maxOfPrincipal: 501 }, ['maxOfPrincipal']],
    ['may give all to one', { max: 500, maxOfPrincipal: 500 }, []],
    ['may take none at all', { max: 0, maxOfPrincipal: 0 }, []],
    ['may lower the bound of one alone', { maxOfPrincipal: 2 }, []],
    ['leaves a session an hour at least', { maxIdleMs: 3_599_999 }, ['maxIdleMs']],
    ['may leave it no more than that', { maxIdleMs: 3_600_000 }, []],
  ])('%s', (_, written, problems) => expect(problemsOf(written)).toEqual(problems));
});
