import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import type { AuditBlock } from '../../../src/blocks/audit/audit-block.ts';
import type { AuditAction, AuditEvent } from '../../../src/core/audit/audit-event.ts';

interface Bindings {
  readonly AUDITS: DurableObjectNamespace<AuditBlock>;
}

let count = 0;
const freshAudit = () => (env as unknown as Bindings).AUDITS.getByName(`kept-${++count}`);

const DAY_MS = 86_400_000;
const event = (action: AuditAction, ageDays: number): AuditEvent => ({
  action,
  decision: 'allowed',
  at: Date.now() - ageDays * DAY_MS,
  actor: 'user:alice',
  tool: 'text-stats',
});

/** All that the alarm has to do, however often it rings. */
async function expire(audit: DurableObjectStub<AuditBlock>): Promise<void> {
  for (let ring = 0; ring < 10; ring++) await runDurableObjectAlarm(audit);
}

const query = { after: 0, limit: 1_000 };

describe('setRetention()', () => {
  test('forgets who and what in old records of its class, and nothing else', async () => {
    const audit = freshAudit();
    const events = [
      event('tool-call', 31),
      event('tool-call', 29),
      event('token-issued', 400),
      event('turn-admitted', 31),
    ];
    await audit.append('a', 1, events);
    await audit.setRetention('user:root', 'r-1', { calls: 30 });
    await expire(audit);
    const { records } = await audit.query(query);
    expect(records[0]).toMatchObject({ expired: true, event: { action: 'tool-call' } });
    expect(Object.keys(records[0]?.event ?? {}).sort()).toEqual([
      'action',
      'actor',
      'at',
      'decision',
    ]);
    expect(records.slice(1, 4).map((record) => record.event)).toEqual(events.slice(1));
    expect(records.slice(4).map(({ event }) => [event.action, event.actor, event.count])).toEqual([
      ['retention-changed', 'user:root', undefined],
      ['records-expired', 'gateway', 1],
    ]);
  });

  test('keeps the hashes, so that chain, tree and proofs hold as before', async () => {
    const audit = freshAudit();
    await audit.append(
      'a',
      1,
      Array.from({ length: 70 }, () => event('tool-call', 40)),
    );
    const before = await audit.inclusion(5, 70);
    await audit.setRetention('user:root', 'r-1', { calls: 1 });
    await expire(audit);
    await evictDurableObject(audit);
    expect(await audit.inclusion(5, 70)).toEqual(before);
    expect(await audit.verify()).toMatchObject({ ok: true, count: 72 });
    const { records } = await audit.query(query);
    expect(records.filter(({ expired }) => expired)).toHaveLength(70);
  });

  test('forgets more than one transaction can, and what comes late', async () => {
    const audit = freshAudit();
    const many = Array.from({ length: 1_500 }, () => event('host-call', 3));
    await audit.append('a', 1, many);
    await audit.setRetention('user:root', 'r-1', { calls: 2 });
    await expire(audit);
    const expired = await audit.query({ ...query, action: 'records-expired' });
    expect(expired.records.map(({ event }) => event.count)).toEqual([1_000, 500]);
    await audit.append('a', 1_501, [event('tool-call', 3)]);
    await audit.setRetention('user:root', 'r-2', { calls: 2, turns: 5 });
    await expire(audit);
    const { records } = await audit.query({ ...query, action: 'tool-call' });
    expect(records[0]?.expired).toBe(true);
    expect(await audit.retention()).toEqual({ calls: 2, turns: 5 });
  });
});
