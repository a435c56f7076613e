import { describe, expect, test } from 'vitest';
import { encryptionPolicySchema } from '../../../src/core/policy/encryption-policy.ts';
import { DEFAULT_POLICY, policySchema } from '../../../src/core/policy/policy.ts';

describe('the encryption of a policy', () => {
  test('is none unless it is asked for', () => {
    expect(encryptionPolicySchema.parse({})).toEqual({ atRest: 'none' });
    expect(policySchema.parse({ allow: [], deny: [] }).encryption).toEqual({ atRest: 'none' });
  });

  test('is of content, and reads again as it was', () => {
    const encryption = { atRest: 'content' } as const;
    const policy = policySchema.parse({ ...DEFAULT_POLICY, encryption });
    expect(policy.encryption).toEqual(encryption);
    expect(policySchema.parse(policy)).toEqual(policy);
  });

  test.each([
    { atRest: true },
    { atRest: 'all' },
    { atRest: 'content', inTransit: 'none' },
    'content',
  ])('refuses %j', (encryption) => {
    expect(policySchema.safeParse({ ...DEFAULT_POLICY, encryption }).success).toBe(false);
  });
});
