import { describe, expect, test } from 'vitest';
import {
  asBegun,
  bothAllow,
  findObjectionInTurn,
} from '../../../src/core/policy/newest-authority.ts';
import { authority, grants, NOW, patterns, plugin } from './authority-builder.ts';

const question = { capability: 'tool:file:read:/data/a.csv', now: NOW, plugin: 'files' };
const allows = authority();
const forbids = authority({ grants: [], revision: 2 });

describe('bothAllow()', () => {
  test.each([
    ['both allow', allows, authority({ revision: 2 }), true],
    ['the first and only one allows', allows, allows, true],
    ['a grant was taken away', allows, forbids, false],
    ['a grant was added within the turn', forbids, authority({ revision: 3 }), false],
    ['neither allows', forbids, authority({ grants: grants('block:send') }), false],
  ])('when %s', (_, first, newest, allowed) => {
    expect(bothAllow({ first, newest }, question)).toBe(allowed);
  });

  test('the newest authority gives its reason first', () => {
    const stopped = authority({ plugins: [] });
    expect(findObjectionInTurn({ first: forbids, newest: stopped }, question)).toBe(
      'plugin_not_registered',
    );
    expect(findObjectionInTurn({ first: forbids, newest: allows }, question)).toBe(
      'principal_grant_missing',
    );
  });
});

/** Version 2 took over at revision 5, and version 3 at revision 8. */
const UPGRADED = authority({
  revision: 9,
  plugins: [
    plugin({ version: '3.0.0', sinceRevision: 8 }),
    plugin({ version: '1.0.0', state: 'draining', sinceRevision: 2, untilRevision: 5 }),
    plugin({ version: '2.0.0', state: 'draining', sinceRevision: 5, untilRevision: 8 }),
    plugin({ name: 'late', sinceRevision: 7 }),
    plugin({ name: 'old' }),
    plugin({ name: 'stopped', state: 'stopped', sinceRevision: 3 }),
  ],
});

describe('asBegun()', () => {
  const served = (revision: number) =>
    asBegun(UPGRADED, revision).plugins.map(({ name, version, state }) => [name, version, state]);

  test.each([
    [1, undefined],
    [2, '1.0.0'],
    [4, '1.0.0'],
    [5, '2.0.0'],
    [7, '2.0.0'],
    [8, '3.0.0'],
  ])('gives a turn that began at revision %d its own version', (revision, version) => {
    const files = served(revision).filter(([name]) => name === 'files');
    expect(files).toEqual(version === undefined ? [] : [['files', version, 'running']]);
  });

  test('leaves out what came later, keeps what has no beginning, and starts nothing again', () => {
    expect(served(6)).toEqual([
      ['files', '2.0.0', 'running'],
      ['old', '1.0.0', 'running'],
      ['stopped', '1.0.0', 'stopped'],
    ]);
  });

  test('has the grants and the policy of now, and the revision of then', () => {
    const begun = asBegun(UPGRADED, 6);
    expect(begun).toMatchObject({ revision: 6, grants: UPGRADED.grants, policy: UPGRADED.policy });
  });

  test('is the newest authority itself for a turn that began with it', () => {
    expect(asBegun(UPGRADED, 9)).toBe(UPGRADED);
    expect(asBegun(UPGRADED, 10)).toBe(UPGRADED);
  });
});

describe('findObjectionInTurn() after an upgrade', () => {
  const first = asBegun(UPGRADED, 4);
  const [v1] = first.plugins;
  const asked = { ...question, ...(v1 && { version: v1 }) };

  test('asks the manifest of the version that serves the turn, which may be a wider one', () => {
    const narrow = plugin({ version: '3.0.0', allow: patterns('block:send') });
    const newest = authority({ revision: 9, plugins: [narrow, ...UPGRADED.plugins.slice(1)] });
    expect(findObjectionInTurn({ first, newest }, asked)).toBeUndefined();
    expect(findObjectionInTurn({ first, newest }, question)).toBe('plugin_allow_missing');
  });

  test('refuses a version that no longer drains', () => {
    const newest = authority({ revision: 10, plugins: [plugin({ version: '3.0.0' })] });
    expect(findObjectionInTurn({ first, newest }, asked)).toBe('plugin_not_registered');
  });

  test('refuses other code under the same version', () => {
    const [, draining] = UPGRADED.plugins;
    const swapped = { ...draining!, codeHash: 'f00d'.repeat(16) };
    const newest = authority({ revision: 10, plugins: [swapped] });
    expect(findObjectionInTurn({ first, newest }, asked)).toBe('plugin_not_registered');
  });
});
