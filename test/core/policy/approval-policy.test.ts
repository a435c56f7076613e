/** What a workspace may say about approvals, on both sides of each bound. */

import { describe, expect, test } from 'vitest';
import {
  approvalPolicySchema,
  asksAlways,
  DEFAULT_APPROVAL_POLICY,
  MAX_APPROVAL_MS,
  MIN_APPROVAL_MS,
} from '../../../src/core/policy/approval-policy.ts';

const read = (value: unknown) => approvalPolicySchema.safeParse(value);
const policy = (...always: string[]) => approvalPolicySchema.parse({ always });

describe('approvalPolicySchema', () => {
  test('has a default for everything, which asks about nothing', () => {
    expect(approvalPolicySchema.parse({})).toEqual(DEFAULT_APPROVAL_POLICY);
    expect(asksAlways(DEFAULT_APPROVAL_POLICY, 'tool:exec:/bin/sh')).toBe(false);
  });

  test.each([
    [MIN_APPROVAL_MS - 1, false],
    [MIN_APPROVAL_MS, true],
    [MAX_APPROVAL_MS, true],
    [MAX_APPROVAL_MS + 1, false],
  ])('takes %i milliseconds: %s', (expiresInMs, isTaken) => {
    expect(read({ expiresInMs }).success).toBe(isTaken);
  });

  test('takes no key that it does not know, and no list of anything but patterns', () => {
    expect(read({ never: [] }).success).toBe(false);
    expect(read({ always: ['tool::x'] }).success).toBe(false);
    expect(read({ always: [7] }).success).toBe(false);
  });

  test('reads what it has read, and gets the same', () => {
    const once = policy('tool:network:http', 'tool:call:pay-*');
    expect(approvalPolicySchema.parse(once)).toEqual(once);
  });
});

describe('asksAlways()', () => {
  test('a bare name asks about all its resources', () => {
    const asking = policy('tool:file:write');
    expect(asksAlways(asking, 'tool:file:write:/data/a')).toBe(true);
    expect(asksAlways(asking, 'tool:file:read:/data/a')).toBe(false);
  });

  test('a pattern asks about what it covers, and nothing beside it', () => {
    const asking = policy('tool:network:http:*.bank.example:443');
    expect(asksAlways(asking, 'tool:network:http:api.bank.example:443')).toBe(true);
    expect(asksAlways(asking, 'tool:network:http:api.bank.example:80')).toBe(false);
    expect(asksAlways(asking, 'tool:network:http:bank.example:443')).toBe(false);
  });

  test('asks about what cannot be read, once it asks about anything', () => {
    expect(asksAlways(policy('tool:exec'), 'tool::x')).toBe(true);
  });
});
