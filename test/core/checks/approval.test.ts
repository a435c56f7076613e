/** A call that needs a human: denied without him, passed with him, and no other call with it. */

import { describe, expect, test } from 'vitest';
import { type Approval, approveCall, askAbout } from '../../../src/core/checks/approve-call.ts';
import type { CheckContext } from '../../../src/core/checks/check-context.ts';
import type { Denial } from '../../../src/core/errors/denial.ts';
import { toApprovalHash } from '../../../src/core/policy/approval.ts';
import { approvalPolicySchema } from '../../../src/core/policy/approval-policy.ts';
import type { Authority } from '../../../src/core/policy/authority.ts';
import type { JsonObject } from '../../../src/core/primitives/json.ts';
import type { Result } from '../../../src/core/primitives/result.ts';
import {
  denyList,
  FULL_SLICE,
  makeAuthority,
  makeContext,
  makePolicy,
  propose,
  sha256,
  UNTRUSTED,
} from './fixture.ts';

const asking = (...always: string[]): Authority =>
  makeAuthority({ policy: makePolicy({ approvals: approvalPolicySchema.parse({ always }) }) });

const COUNT = { text: 'a b' };
const AUTHORITY = asking('tool:call:text-stats');

interface Tried {
  readonly args?: JsonObject;
  readonly index?: number;
  readonly changes?: Partial<CheckContext>;
}

const context = (changes: Partial<CheckContext> = {}) =>
  makeContext({ authority: AUTHORITY, ...changes });
const call = ({ args = COUNT, index = 0 }: Tried) => propose('text-stats', args, index);
const approve = (tried: Tried = {}): Result<Approval, Denial> =>
  approveCall(call(tried), context(tried.changes));
const reasonOf = (result: Result<unknown, Denial>) =>
  result.ok ? 'approved' : result.error.reason;

/** The approval that a human would give to this very call. */
function approvalOf(tried: Tried = {}): string {
  const asked = askAbout(call(tried), context(tried.changes));
  if (!asked.ok) throw new Error(asked.error.reason);
  return toApprovalHash(asked.value.binding, sha256);
}

const APPROVALS = new Set([approvalOf()]);

describe('a call that policy always asks about', () => {
  test('is denied by check 5 until it is approved', () => {
    expect(approve()).toMatchObject({
      ok: false,
      error: { check: 'sanitise', reason: 'approval_required' },
    });
    expect(reasonOf(approve({ changes: { approvals: APPROVALS } }))).toBe('approved');
  });

  test('bears its approval once it passes, so that its start can use it up', () => {
    const passed = approve({ changes: { approvals: APPROVALS } });
    expect(passed.ok && passed.value.call.approval).toBe([...APPROVALS][0]);
  });

  test('leaves calls alone that need nobody', () => {
    const passed = approveCall(propose('read-file', { path: '/data/a' }), context());
    expect(passed.ok && passed.value.call.approval).toBeUndefined();
  });

  test('is asked about as soon as one of two policies asks', () => {
    const newest = { ...AUTHORITY, revision: AUTHORITY.revision + 1 };
    const changes = { authority: makeAuthority(), newest };
    expect(reasonOf(approve({ changes }))).toBe('approval_required');
  });
});

describe('an approval', () => {
  const other = (tried: Tried) =>
    reasonOf(approve({ ...tried, changes: { approvals: APPROVALS, ...tried.changes } }));

  test.each<[string, Tried]>([
    ['other arguments', { args: { text: 'a  b' } }],
    ['the same call at another place', { index: 1 }],
    ['a turn that has read something else', { changes: { label: UNTRUSTED } }],
    ['other rules', { changes: { authority: asking('tool:call:text-stats', 'tool:exec') } }],
    [
      'another version of the plugin',
      {
        changes: {
          authority: {
            ...AUTHORITY,
            plugins: AUTHORITY.plugins.map((plugin) => ({ ...plugin, version: '2.0.0' })),
          },
        },
      },
    ],
    [
      'other code',
      {
        changes: {
          authority: {
            ...AUTHORITY,
            plugins: AUTHORITY.plugins.map((plugin) => ({ ...plugin, codeHash: 'f'.repeat(64) })),
          },
        },
      },
    ],
    [
      'other settings',
      {
        changes: {
          authority: {
            ...AUTHORITY,
            plugins: AUTHORITY.plugins.map((plugin) => ({
              ...plugin,
              config: { hash: 'e'.repeat(64), values: {} },
            })),
          },
        },
      },
    ],
    [
      'another principal',
      {
        changes: {
          authority: { ...AUTHORITY, principal: { ...AUTHORITY.principal, id: 'mallory' } },
        },
      },
    ],
  ])('is none for %s', (_, tried) => {
    expect(other({})).toBe('approved');
    expect(other(tried)).toBe('approval_required');
  });

  test('counts for the canonical arguments, however they were written', () => {
    const asks = asking('tool:call:read-file');
    const at = (path: string) => propose('read-file', { path });
    const asked = askAbout(at('/data/./a'), context({ authority: asks }));
    const approvals = new Set(asked.ok ? [toApprovalHash(asked.value.binding, sha256)] : []);
    const changes = { authority: asks, approvals };
    expect(reasonOf(approveCall(at('/data/a'), context(changes)))).toBe('approved');
    expect(reasonOf(approveCall(at('/data/b'), context(changes)))).toBe('approval_required');
  });

  test('replaces no other check', () => {
    const policy = { ...AUTHORITY.policy, deny: denyList('tool:call:text-stats') };
    const denied = { authority: { ...AUTHORITY, policy } };
    expect(other({ changes: denied })).toBe('workspace_deny_match');
    expect(other({ changes: { authority: { ...AUTHORITY, grants: [] } } })).toBe(
      'principal_grant_missing',
    );
    expect(other({ changes: { slice: { ...FULL_SLICE, toolCalls: 0 } } })).toBe('slice_exhausted');
  });
});

describe('askAbout()', () => {
  test('shows the canonical arguments and every capability', () => {
    const authority = asking('tool:call:read-file');
    const asked = askAbout(propose('read-file', { path: '/data/./a' }), context({ authority }));
    expect(asked).toMatchObject({
      ok: true,
      value: {
        tool: 'read-file',
        canonicalArguments: { path: '/data/a' },
        capabilities: ['tool:call:read-file', 'tool:file:read:/data/a'],
      },
    });
  });

  test('asks nobody about a call that another check would deny afterwards', () => {
    const changes = { slice: { ...FULL_SLICE, toolCalls: 0 } };
    expect(reasonOf(askAbout(call({}), context(changes)))).toBe('slice_exhausted');
  });

  test('makes no call that could run', () => {
    const asked = askAbout(call({}), context());
    expect(asked.ok && Object.keys(asked.value).sort()).toEqual([
      'binding',
      'canonicalArguments',
      'capabilities',
      'tool',
    ]);
  });
});
