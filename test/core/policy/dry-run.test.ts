import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../../src/core/audit/audit-event.ts';
import { DryRun } from '../../../src/core/policy/dry-run.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import { patterns, plugin, tool } from './authority-builder.ts';

const called = (name: string, decision: AuditEvent['decision'] = 'allowed'): AuditEvent => ({
  action: 'tool-call',
  decision,
  at: 1,
  actor: 'user:alice',
  tool: name,
});

const TOOLS = [tool('read', { requires: ['tool:file:read:{path}'] }), tool('count')];

function judge(name: string, facts: { deny?: string[]; allow?: string[]; always?: string[] } = {}) {
  const { allow, deny = [], always = [] } = facts;
  const policy = {
    allow: allow === undefined ? DEFAULT_POLICY.allow : patterns(...allow),
    deny: patterns(...deny),
    approvals: { ...DEFAULT_POLICY.approvals, always: patterns(...always) },
  };
  const run = new DryRun(policy, [plugin({ tools: TOOLS })]);
  run.add(called(name));
  return run.read()[name]?.would;
}

describe('DryRun', () => {
  test('counts calls by tool, as they were decided at that time', () => {
    const run = new DryRun(DEFAULT_POLICY, [plugin({ tools: TOOLS })]);
    for (const event of [called('read'), called('read', 'denied'), called('count')]) run.add(event);
    run.add({ ...called('read'), action: 'tool-result' });
    expect(run.read()).toEqual({
      read: { allowed: 1, denied: 1, would: 'allowed' },
      count: { allowed: 1, denied: 0, would: 'allowed' },
    });
  });

  test.each([
    ['whose call is denied', { deny: ['tool:call:read'] }, 'denied'],
    ['of whose paths all are denied', { deny: ['tool:file:read', 'tool:file:read:*'] }, 'denied'],
    ['of whose paths none is allowed', { allow: ['tool:call:*'] }, 'denied'],
    ['of whose paths some are denied', { deny: ['tool:file:read:/etc/*'] }, 'depends-on-arguments'],
    [
      'of whose paths some are allowed',
      { allow: ['tool:call:*', 'tool:file:read:/data/*'] },
      'depends-on-arguments',
    ],
    ['that a human sees always', { always: ['tool:call:read'] }, 'asked'],
    ['that a human sees at times', { always: ['tool:file:read:/etc/*'] }, 'depends-on-arguments'],
    ['that another rule is about', { deny: ['tool:call:count'] }, 'allowed'],
  ])('judges a tool %s', (_, facts, would) => {
    expect(judge('read', facts)).toBe(would);
  });

  test('says of a tool that nobody serves any more that it is gone', () => {
    expect(judge('former')).toBe('gone');
  });
});
