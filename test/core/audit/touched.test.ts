import { describe, expect, test } from 'vitest';
import type { AuditEvent } from '../../../src/core/audit/audit-event.ts';
import { MAX_NAMES, TouchedReport } from '../../../src/core/audit/touched.ts';

const event = (facts: Partial<AuditEvent> = {}): AuditEvent => ({
  action: 'tool-call',
  decision: 'allowed',
  at: 10,
  actor: 'user:alice',
  ...facts,
});

const reportOf = (...events: AuditEvent[]) => {
  const report = new TouchedReport();
  for (const each of events) report.add(each);
  return report.read();
};

describe('TouchedReport', () => {
  test('counts what was done, and names what it was done to', () => {
    const report = reportOf(
      event({ tool: 'read', plugin: 'files', at: 30 }),
      event({ tool: 'read', plugin: 'files', at: 20 }),
      event({ action: 'host-call', resource: 'a.example:443', decision: 'observed' }),
    );
    expect(report).toMatchObject({ events: 3, firstAt: 10, lastAt: 30, isCut: false });
    expect(report.actions).toEqual({
      'tool-call': { done: 2, denied: 0 },
      'host-call': { done: 1, denied: 0 },
    });
    expect(report.touched).toMatchObject({
      tools: { read: 2 },
      plugins: { files: 2 },
      resources: { 'a.example:443': 1 },
      sessions: {},
    });
  });

  test('names secrets, channels, skills, approvals and tokens apart', () => {
    const { touched } = reportOf(
      event({ action: 'secret-used', secret: 'key', resource: 'a.example:443' }),
      event({ action: 'channel-created', channel: 'support' }),
      event({ action: 'skill-installed', skill: 'refunds' }),
      event({ action: 'approval-decided', approvalId: 'apr_1' }),
      event({ action: 'token-revoked', tokenId: 'tok_1' }),
    );
    expect(touched).toMatchObject({
      ...{ secrets: { key: 1 }, channels: { support: 1 }, skills: { refunds: 1 } },
      ...{ approvals: { apr_1: 1 }, tokens: { tok_1: 1 } },
    });
  });

  test('does not say that something was touched which was only attempted', () => {
    const report = reportOf(event({ tool: 'send', decision: 'denied' }));
    expect(report.actions).toEqual({ 'tool-call': { done: 0, denied: 1 } });
    expect(report.touched.tools).toEqual({});
  });

  test('of nothing is empty', () => {
    expect(reportOf()).toMatchObject({ events: 0, actions: {} });
    expect(reportOf()).not.toHaveProperty('firstAt');
  });

  test('holds so many names of a kind, and says when there were more', () => {
    const turns = (count: number) =>
      Array.from({ length: count }, (_, at) => event({ turnId: `turn_${at}` }));
    expect(reportOf(...turns(MAX_NAMES)).isCut).toBe(false);
    const cut = reportOf(...turns(MAX_NAMES + 1));
    expect(cut.isCut).toBe(true);
    expect(Object.keys(cut.touched.turns)).toHaveLength(MAX_NAMES);
  });
});
