import { afterEach, describe, expect, test, vi } from 'vitest';
import { AuditBlock } from '../../../src/blocks/audit/audit-block.ts';
import { Outbox } from '../../../src/blocks/kit/outbox.ts';
import { DenialPace } from '../../../src/blocks/workspace/denial-pace.ts';
import { openDeployment } from '../../../src/blocks/workspace/workspace-client.ts';
import type { AuditEvent } from '../../../src/core/audit/audit-event.ts';
import { eventually } from '../../support/eventually.ts';
import {
  bindings,
  evict,
  type Fixture,
  foundWorkspace,
  inside,
  issue,
  recorded,
  rowsOf,
  unfoundedWorkspace,
  upload,
} from './workspace-fixture.ts';

afterEach(() => vi.restoreAllMocks());

describe('the record', () => {
  test('holds every privileged action in the order in which it was committed', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    const bot = await issue(fixture, root);
    await block.installPlugin(root, upload());
    await block.stopPlugin(root, 'stats');
    await block.revokeToken(root, bot.principal.tokenId);
    await block.recordDenial(bot, {
      operation: 'changeWorkspace',
      reason: 'principal_grant_missing',
      family: 'system:config:write',
    });
    expect(await recorded(fixture)).toMatchObject([
      { action: 'workspace-changed' },
      { action: 'token-issued', tokenId: bot.principal.tokenId },
      { action: 'plugin-installed' },
      { action: 'plugin-stopped' },
      { action: 'token-revoked', tokenId: bot.principal.tokenId, actor: 'user:root' },
      {
        action: 'request-denied',
        decision: 'denied',
        actor: `service:${bot.principal.id}`,
        operation: 'changeWorkspace',
        resource: 'system:config:write',
      },
    ]);
    expect(await fixture.audit.verify()).toMatchObject({ ok: true, count: 6 });
  });

  test('holds no hash of a token and no text that a stranger wrote', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root, { name: 'my secret name' });
    const text = JSON.stringify(await recorded(fixture));
    expect(text).not.toContain(bot.hash);
    expect(text).not.toContain('secret name');
  });

  test('that cannot be reached stops what adds authority, and nothing that takes it away', async () => {
    const fixture = await foundWorkspace();
    const { block, root } = fixture;
    const bot = await issue(fixture, root);
    await block.installPlugin(root, upload());
    await recorded(fixture);
    const append = vi.spyOn(AuditBlock.prototype, 'append').mockRejectedValue(new Error('down'));
    await fillOutbox(fixture);

    await expect(issue(fixture, root)).rejects.toThrow('audit record');
    const refused = { ok: false, error: { code: 'audit_unavailable' } };
    expect(await block.change(root, { members: [] })).toMatchObject(refused);
    const next = upload({ version: '2.0.0' });
    expect(await block.installPlugin(root, next)).toMatchObject(refused);
    expect(await block.stopPlugin(root, 'stats')).toMatchObject({ state: 'stopped' });
    expect(await block.deletePlugin(root, 'stats')).toBe(true);
    expect(await block.revokeToken(root, bot.principal.tokenId)).toBe(true);

    append.mockRestore();
    await block.recordDenial(root, {
      operation: 'x',
      reason: 'principal_grant_missing',
      family: 'y',
    });
    await recorded(fixture);
    expect(await block.change(root, { members: [] })).toMatchObject({ ok: true });
    expect(await fixture.audit.verify()).toMatchObject({ ok: true });
  });
});

describe('what a route refused a principal', () => {
  test('is written down one by one, and counted once it comes as a flood', () => {
    const pace = new DenialPace();
    const ofBot = (now: number) => pace.count('service:bot', now);
    for (let n = 1; n <= 60; n++) expect(ofBot(1_000)).toBe(1);
    for (let n = 1; n <= 500; n++) expect(ofBot(1_999)).toBeUndefined();
    expect(pace.count('service:other', 1_999)).toBe(1);
    expect(ofBot(2_000)).toBe(501);
    expect(ofBot(2_000)).toBeUndefined();
    expect(ofBot(3_000)).toBe(2);
    expect(ofBot(63_000)).toBe(1);
  });

  test('fills no record, however fast it asks', async () => {
    const fixture = await foundWorkspace();
    const bot = await issue(fixture, fixture.root);
    const denial = { operation: 'x', reason: 'principal_grant_missing', family: 'y' } as const;
    for (let n = 0; n < 400; n++) await fixture.block.recordDenial(bot, denial);
    const denied = (await recorded(fixture)).filter(({ action }) => action === 'request-denied');
    expect(denied.length).toBeGreaterThanOrEqual(60);
    expect(denied.length).toBeLessThan(300);
  });
});

describe('refused logins', () => {
  test('are on the record of the deployment', async () => {
    await openDeployment(bindings).recordRefusedLogins('req-9', 3);
    const audit = bindings.AUDITS.getByName('#deployment');
    await eventually(async () => {
      const { records } = await audit.query({ after: 0, limit: 10 });
      expect(records.map(({ event }) => event)).toMatchObject([
        { action: 'login-refused', decision: 'denied', requestId: 'req-9', count: 3 },
      ]);
    });
    expect(await audit.verify()).toMatchObject({ ok: true });
  });

  test('are on the record of no workspace', async () => {
    const { block, audit } = unfoundedWorkspace();
    await block.recordRefusedLogins('req-9', 1);
    expect(await audit.verify()).toMatchObject({ count: 0 });
  });
});

describe('a workspace that was never founded', () => {
  test('answers as nobody, and stores nothing', async () => {
    const fixture = unfoundedWorkspace();
    const { block, root } = fixture;
    expect(await block.authority(root.principal)).toBeUndefined();
    expect(await block.listTokens()).toEqual([]);
    expect(await block.plugin('stats')).toBeUndefined();
    expect(await block.revokeToken(root, 'tok_1')).toBe(false);
    await inside(fixture, async (instance) => {
      await expect(instance.change(root, {})).rejects.toMatchObject({ code: 'not_found' });
    });
    const tables = await rowsOf(fixture, "SELECT name FROM sqlite_master WHERE type = 'table'");
    expect(tables.filter(({ name }) => !String(name).startsWith('_'))).toEqual([]);
  });
});

async function fillOutbox(fixture: Fixture): Promise<void> {
  await inside(fixture, (_, sql) => {
    const event: AuditEvent = { action: 'token-issued', decision: 'allowed', at: 1, actor: 'a' };
    new Outbox(sql).add(
      Array.from({ length: 1_001 }, () => event),
      Date.now(),
    );
  });
  await evict(fixture);
}
