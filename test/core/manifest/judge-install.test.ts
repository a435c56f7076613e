import { describe, expect, test } from 'vitest';
import {
  findGrowth,
  type InstallCandidate,
  judgeInstall,
} from '../../../src/core/manifest/judge-install.ts';
import { patterns, plugin, tool } from '../policy/authority-builder.ts';

const manifest = { name: 'files', version: '1.0.0' };
const current = { plugin: plugin(), manifest };

const judge = (change: Partial<InstallCandidate> = {}) =>
  judgeInstall({ plugin: plugin(), manifest, others: [], ...change });

describe('judgeInstall()', () => {
  test('takes what is new, the same, or higher', () => {
    expect(judge()).toEqual({ ok: true, value: 'new' });
    expect(judge({ current })).toEqual({ ok: true, value: 'same' });
    const stopped = { ...current, plugin: plugin({ state: 'stopped' }) };
    expect(judge({ current: stopped })).toEqual({ ok: true, value: 'again' });
    expect(judge({ current, plugin: plugin({ version: '1.0.1' }), manifest: {} })).toEqual({
      ok: true,
      value: 'upgrade',
    });
  });

  test('sees no difference in the order of members', () => {
    const shuffled = { version: '1.0.0', name: 'files' };
    expect(judge({ current, manifest: shuffled })).toEqual({ ok: true, value: 'same' });
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
        error: [{ reason: 'version_not_higher', pointer: '/version' }],
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
      error: [{ pointer: '/tools/1/name' }, { pointer: '/tools/2/name' }],
    });
  });
});

test('findGrowth() names what is new, not what is narrower', () => {
  const before = plugin({ allow: patterns('tool:file:*', 'block:send') });
  const after = plugin({ allow: patterns('tool:file:read:/a', 'tool:exec', 'block:*') });
  expect(findGrowth(before, after)).toEqual(['tool:exec', 'block:*']);
});
