import { describe, expect, test } from 'vitest';
import { AUDIT_CLASSES, actionsOf, retentionSchema } from '../../../src/core/audit/audit-class.ts';
import type { AuditEvent } from '../../../src/core/audit/audit-event.ts';
import { AUDIT_ACTIONS } from '../../../src/core/audit/audit-event.ts';
import { chainRecord, GENESIS } from '../../../src/core/audit/chain.ts';
import { toOcsf } from '../../../src/core/audit/to-ocsf.ts';
import { toOtlp } from '../../../src/core/audit/to-otlp.ts';
import { event, sha256 } from './chain-builder.ts';

const recordOf = (changes: Partial<AuditEvent>) =>
  chainRecord(
    {
      ...{ seq: 7, source: 'ses', sourceSeq: 3, previousHash: GENESIS },
      event: { ...event(1_795_345_200_123), ...changes },
    },
    sha256,
  );

describe('toOcsf()', () => {
  test.each([
    ['token-issued', 600301],
    ['plugin-configured', 600303],
    ['secret-deleted', 600304],
    ['tool-call', 600399],
    ['login-refused', 300201],
  ] as const)('gives %s the type %i', (action, type_uid) => {
    expect(toOcsf(recordOf({ action }), 'acme')).toMatchObject({ type_uid });
  });

  test('says what was denied, why, and to whom', () => {
    const denied = recordOf({ decision: 'denied', reason: 'flow_denied', requestId: 'r-1' });
    expect(toOcsf(denied, 'acme')).toMatchObject({
      ...{
        status: 'Failure',
        status_detail: 'flow_denied',
        severity_id: 3,
        time: 1_795_345_200_123,
      },
      actor: { user: { uid: 'user:alice', name: 'alice', type: 'user' } },
      api: { operation: 'tool-call', request: { uid: 'r-1' } },
      metadata: { uid: 'acme/7', sequence: 7 },
      unmapped: { tool: 'text-stats', hash: denied.hash },
    });
    const own = toOcsf(recordOf({ actor: 'gateway' }), 'acme');
    expect(own).toMatchObject({ actor: { app_name: 'gateway' } });
  });
});

describe('toOtlp()', () => {
  const spanOf = (changes: Partial<AuditEvent>) => {
    const body = JSON.parse(JSON.stringify(toOtlp([recordOf(changes)], 'acme')));
    return body.resourceSpans[0].scopeSpans[0].spans[0];
  };
  const turnId = `turn_${'0123456789abcdef'.repeat(2)}`;

  test('makes one trace of a turn, and one of each record that belongs to none', () => {
    const call = spanOf({ turnId });
    const end = spanOf({ turnId, action: 'turn-finished' });
    expect([call.traceId, end.traceId]).toEqual([turnId.slice(5), turnId.slice(5)]);
    expect(end.parentSpanId).toBeUndefined();
    expect(call.parentSpanId).toBe(end.spanId);
    const alone = spanOf({ turnId: 'turn_forged' });
    expect(alone.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(alone.parentSpanId).toBeUndefined();
  });

  test('lets a span begin as long before its record as it took', () => {
    const { startTimeUnixNano, endTimeUnixNano } = spanOf({ durationMs: 123 });
    expect([startTimeUnixNano, endTimeUnixNano]).toEqual([
      '1795345200000000000',
      '1795345200123000000',
    ]);
  });

  test('names models, tools and tokens as the conventions do', () => {
    const usage = { inputTokens: 5, outputTokens: 6, costMicroUsd: 7 };
    const span = spanOf({ action: 'model-called', model: 'vendor/m', usage });
    expect(span.name).toBe('chat vendor/m');
    expect(span.attributes).toContainEqual({
      key: 'gen_ai.usage.input_tokens',
      value: { intValue: '5' },
    });
    expect(spanOf({ action: 'tool-result' }).name).toBe('execute_tool text-stats');
    expect(spanOf({ decision: 'denied', reason: 'fuel' }).status).toEqual({
      code: 2,
      message: 'fuel',
    });
  });
});

describe('audit classes', () => {
  test('take in every action, each once', () => {
    const all = AUDIT_CLASSES.flatMap((auditClass) => actionsOf(auditClass));
    expect([...all].sort()).toEqual([...AUDIT_ACTIONS].sort());
  });

  test('are kept for 1 to 36,500 days, or for good', () => {
    const isValid = (retention: object) => retentionSchema.safeParse(retention).success;
    expect([{}, { calls: 1 }, { calls: 36_500, turns: 3 }].map(isValid)).toEqual([
      true,
      true,
      true,
    ]);
    expect([{ calls: 0 }, { calls: 36_501 }, { calls: 1.5 }, { other: 1 }].some(isValid)).toBe(
      false,
    );
  });
});
