/** To what an approval is bound, and who may give it. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ApprovalBinding,
  toApprovalHash,
  toRulesHash,
} from '../../../src/core/policy/approval.ts';
import { findDeciderObjection } from '../../../src/core/policy/approval-decision.ts';
import { APPROVAL_STATES, isOpen } from '../../../src/core/policy/approval-state.ts';
import { PRINCIPAL_LABEL, UNTRUSTED_LABEL } from '../../../src/core/policy/labels.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import type { Principal } from '../../../src/core/policy/principal.ts';
import { sha256, WORKSPACE } from '../checks/fixture.ts';

const BINDING: ApprovalBinding = {
  tool: 'pay',
  plugin: 'bank',
  pluginVersion: '1.0.0',
  codeHash: 'c'.repeat(64),
  configHash: 'd'.repeat(64),
  argumentHash: 'a'.repeat(64),
  principal: 'user:alice',
  label: PRINCIPAL_LABEL,
  callKey: 'turn_1/0/0',
  rules: 'r'.repeat(64),
};

describe('toApprovalHash()', () => {
  const hash = toApprovalHash(BINDING, sha256);

  test('is the same for the same call, in whatever order it is described', () => {
    const reversed = Object.fromEntries(Object.entries(BINDING).reverse()) as ApprovalBinding;
    expect(toApprovalHash(reversed, sha256)).toBe(hash);
  });

  test.each<[keyof ApprovalBinding, Partial<ApprovalBinding>]>([
    ['tool', { tool: 'pays' }],
    ['plugin', { plugin: 'banks' }],
    ['pluginVersion', { pluginVersion: '1.0.1' }],
    ['codeHash', { codeHash: 'e'.repeat(64) }],
    ['configHash', { configHash: 'e'.repeat(64) }],
    ['argumentHash', { argumentHash: 'b'.repeat(64) }],
    ['principal', { principal: 'user:bob' }],
    ['label', { label: UNTRUSTED_LABEL }],
    ['callKey', { callKey: 'turn_1/0/1' }],
    ['rules', { rules: 's'.repeat(64) }],
  ])('is another one once the %s is', (_, change) => {
    expect(toApprovalHash({ ...BINDING, ...change }, sha256)).not.toBe(hash);
  });

  test('never moves a text from one member to the next', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (a, b, c) => {
        const left = toApprovalHash({ ...BINDING, tool: a + b, plugin: c }, sha256);
        const right = toApprovalHash({ ...BINDING, tool: a, plugin: b + c }, sha256);
        expect(left === right).toBe(b === '');
      }),
    );
  });
});

describe('toRulesHash()', () => {
  const hash = toRulesHash(DEFAULT_POLICY, sha256);
  const { approvals, flow } = DEFAULT_POLICY;

  test('is another one once the rules about asking are', () => {
    const others = [
      { ...DEFAULT_POLICY, approvals: { ...approvals, fourEyes: true } },
      { ...DEFAULT_POLICY, approvals: { ...approvals, expiresInMs: 1_000 } },
      { ...DEFAULT_POLICY, flow: { ...flow, constants: ['mine'] } },
    ];
    for (const other of others) expect(toRulesHash(other, sha256)).not.toBe(hash);
  });

  test('is the same whatever else the policy says', () => {
    expect(toRulesHash({ ...DEFAULT_POLICY, privateHosts: ['10.0.0.1:80'] }, sha256)).toBe(hash);
  });
});

describe('findDeciderObjection()', () => {
  const who = (kind: Principal['kind'], id: string, tokenId: string): Principal => ({
    kind,
    id,
    tokenId,
    workspace: WORKSPACE,
  });
  const alice = who('user', 'alice', 'tok_turn');
  const ordinary = { ...DEFAULT_POLICY.approvals, fourEyes: false };
  const strict = { ...ordinary, fourEyes: true };

  test.each(['service', 'block', 'node', 'channel'] as const)('a %s decides nothing', (kind) => {
    expect(findDeciderObjection(who(kind, 'x', 'tok_x'), alice, ordinary)).toBe('not_a_user');
  });

  test('the credential of the turn decides nothing about it', () => {
    expect(findDeciderObjection(alice, alice, ordinary)).toBe('own_credential');
    const sameToken = who('user', 'bob', 'tok_turn');
    expect(findDeciderObjection(sameToken, alice, ordinary)).toBe('own_credential');
  });

  test('the same user may with another credential, unless four eyes are asked for', () => {
    const other = who('user', 'alice', 'tok_phone');
    expect(findDeciderObjection(other, alice, ordinary)).toBeUndefined();
    expect(findDeciderObjection(other, alice, strict)).toBe('four_eyes');
    expect(findDeciderObjection(who('user', 'bob', 'tok_b'), alice, strict)).toBeUndefined();
  });

  test('for a block the second pair is not that of whom it acts for', () => {
    const behalf = { kind: 'user', id: 'alice', grants: [] } as const;
    const block = { ...who('block', 'blk', 'tok_turn'), behalf };
    const other = who('user', 'alice', 'tok_phone');
    expect(findDeciderObjection(other, block, strict)).toBe('four_eyes');
  });
});

test('an approval is open while its call may still run by it', () => {
  expect(APPROVAL_STATES.filter(isOpen)).toEqual(['pending', 'approved']);
});
