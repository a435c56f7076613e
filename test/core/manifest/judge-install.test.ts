import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type InstallCandidate, judgeInstall } from '../../../src/core/manifest/judge-install.ts';
import type { RegisteredPlugin } from '../../../src/core/manifest/registered-plugin.ts';
import { grants, NOW, patterns, plugin, tool } from '../policy/authority-builder.ts';

const manifest = { name: 'files', version: '1.0.0' };
const current = { plugin: plugin(), manifest };
const sha256Hex = (text: string) => createHash('sha256').update(text).digest('hex');
const installer = { grants: grants('tool:*'), now: NOW };

const judge = (change: Partial<InstallCandidate> = {}) =>
  judgeInstall({ plugin: plugin(), manifest, others: [], installer, sha256Hex, ...change });

describe('judgeInstall()', () => {
  test('takes what is new, the same, or higher', () => {
    expect(judge()).toEqual({ ok: true, value: { kind: 'new' } });
    expect(judge({ current })).toEqual({ ok: true, value: { kind: 'same' } });
    const stopped = { ...current, plugin: plugin({ state: 'stopped' }) };
    expect(judge({ current: stopped })).toEqual({ ok: true, value: { kind: 'again' } });
    expect(judge({ current, plugin: plugin({ version: '1.0.1' }), manifest: {} })).toEqual({
      ok: true,
      value: { kind: 'upgrade' },
    });
  });

  test('sees no difference in the order of members', () => {
    const shuffled = { version: '1.0.0', name: 'files' };
    expect(judge({ current, manifest: shuffled })).toEqual({ ok: true, value: { kind: 'same' } });
  });

  test('sees that somebody vouches for it now, and not that nobody does any more', () => {
    const signed = plugin({ signedBy: 'ops' });
    expect(judge({ current, plugin: signed })).toEqual({ ok: true, value: { kind: 'again' } });
    expect(judge({ current: { manifest, plugin: signed } })).toEqual({
      ok: true,
      value: { kind: 'same' },
    });
  });

  test.each([
    ['other code', { plugin: plugin({ codeHash: 'beef' }) }],
    ['another manifest', { manifest: { ...manifest, license: 'MIT' } }],
    ['a lower version', { plugin: plugin({ version: '0.9.0', codeHash: 'beef' }) }],
    ['a pre-release', { plugin: plugin({ version: '1.0.0-rc.1', codeHash: 'beef' }) }],
    ['other build metadata', { plugin: plugin({ version: '1.0.0+1', codeHash: 'beef' }) }],
  ])('refuses %s under a version that is not higher, also of what is stopped', (_, change) => {
    for (const state of ['running', 'stopped', 'failed'] as const) {
      const before = { ...current, plugin: plugin({ state }) };
      expect(judge({ ...change, current: before })).toMatchObject({
        ok: false,
        error: { objections: [{ reason: 'version_not_higher', pointer: '/version' }] },
      });
    }
  });

  test('reports every tool whose name another plugin serves', () => {
    const tools = [tool('own'), tool('taken'), tool('also-taken')];
    const others = [
      plugin({ name: 'x', tools: [tool('taken')] }),
      plugin({ name: 'y', tools: [tool('also-taken')] }),
    ];
    expect(judge({ plugin: plugin({ tools }), others })).toMatchObject({
      error: { objections: [{ pointer: '/tools/1/name' }, { pointer: '/tools/2/name' }] },
    });
  });
});

describe('an upgrade that grows', () => {
  const before = { manifest, plugin: plugin({ allow: patterns('tool:file:read:/a/*') }) };
  const grown = plugin({
    version: '1.1.0',
    allow: patterns('tool:file:read:/a/*', 'tool:network:http:a.example:443'),
  });
  const upgrade = (change: Partial<InstallCandidate> = {}) =>
    judge({ current: before, plugin: grown, manifest: {}, ...change });
  const digestOf = (change: Partial<InstallCandidate> = {}) => {
    const judged = upgrade(change);
    const growth = judged.ok ? judged.value.growth : judged.error.growth;
    return growth?.digest ?? '';
  };
  const accepting = (acceptedGrowth: string, held = 'tool:*') => ({
    installer: { grants: grants(held), now: NOW, acceptedGrowth },
  });
  const reasonsOf = (change: Partial<InstallCandidate>) => {
    const judged = upgrade(change);
    return judged.ok ? [] : judged.error.objections.map(({ reason }) => reason);
  };

  test('is refused with the diff and its digest until exactly that is accepted', () => {
    const refused = upgrade();
    expect(refused).toMatchObject({
      ok: false,
      error: {
        objections: [{ reason: 'growth_not_accepted', pointer: '/capabilities' }],
        growth: {
          added: ['tool:network:http:a.example:443'],
          digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        },
      },
    });
    const accepted = upgrade(accepting(digestOf()));
    expect(accepted).toMatchObject({ ok: true, value: { kind: 'upgrade' } });
    expect(accepted.ok && accepted.value.growth?.digest).toBe(digestOf());
  });

  test.each<[string, Partial<RegisteredPlugin>]>([
    ['other code', { codeHash: 'beef'.repeat(16) }],
    ['another version', { version: '1.1.1' }],
    ['more', { allow: [...grown.allow, ...patterns('tool:exec')] }],
    ['something else', { allow: patterns('tool:network:http:b.example:443') }],
    ['the clock besides', { allow: [...grown.allow, ...patterns('system:clock:read')] }],
  ])('is not accepted by the digest of an upload with %s', (_, facts) => {
    const other = digestOf({ plugin: { ...grown, ...facts } });
    expect(other).not.toBe(digestOf());
    expect(reasonsOf(accepting(other))).toEqual(['growth_not_accepted']);
  });

  test('is not accepted by the digest of a growth over another version', () => {
    const older = { manifest, plugin: plugin({ allow: before.plugin.allow, version: '0.9.0' }) };
    expect(reasonsOf(accepting(digestOf({ current: older })))).toEqual(['growth_not_accepted']);
  });

  test('needs an installer who holds what is new, also when he accepts it', () => {
    expect(reasonsOf(accepting(digestOf(), 'tool:file:*'))).toEqual(['growth_not_held']);
    expect(reasonsOf(accepting(digestOf(), 'tool:network:http:a.example:443'))).toEqual([]);
    expect(reasonsOf(accepting('', 'tool:file:*'))).toEqual([
      'growth_not_held',
      'growth_not_accepted',
    ]);
  });

  test('counts only grants that have not expired', () => {
    const [grant] = grants('tool:*');
    const holding = (expiresAt: number) => ({
      installer: { grants: [{ ...grant!, expiresAt }], now: NOW, acceptedGrowth: digestOf() },
    });
    expect(reasonsOf(holding(NOW + 1))).toEqual([]);
    expect(reasonsOf(holding(NOW))).toEqual(['growth_not_held']);
  });

  test('is judged against what was stopped or has failed, too', () => {
    for (const state of ['stopped', 'failed'] as const) {
      const idle = { manifest, plugin: { ...before.plugin, state } };
      expect(reasonsOf({ current: idle })).toEqual(['growth_not_accepted']);
    }
  });

  test('is no matter of who signed it', () => {
    expect(reasonsOf({ plugin: { ...grown, signedBy: 'ops' } })).toEqual(['growth_not_accepted']);
  });

  test('is no matter for a plugin that is new, the same, or comes back', () => {
    expect(upgrade({ current: undefined as never })).toEqual({ ok: true, value: { kind: 'new' } });
    const stopped = { manifest, plugin: { ...grown, state: 'stopped' as const } };
    expect(upgrade({ current: stopped, manifest })).toEqual({ ok: true, value: { kind: 'again' } });
  });

  test('is left alone when it only shrinks', () => {
    const less = plugin({ version: '1.1.0', allow: patterns('tool:file:read:/a/b') });
    expect(upgrade({ plugin: less })).toEqual({ ok: true, value: { kind: 'upgrade' } });
  });
});
