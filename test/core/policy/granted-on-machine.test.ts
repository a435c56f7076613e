import { describe, expect, test } from 'vitest';
import type { Authority } from '../../../src/core/policy/authority.ts';
import {
  grantedOnMachine,
  MACHINE_FAMILY_NAMES,
} from '../../../src/core/policy/granted-on-machine.ts';
import { DEFAULT_POLICY } from '../../../src/core/policy/policy.ts';
import { authority, grants, NOW, patterns, plugin } from './authority-builder.ts';

const ALL = ['tool:*', 'system:*'];
const agreeing = (facts: Partial<Authority> = {}): Authority => ({
  ...authority({
    grants: grants(...ALL),
    policy: { ...DEFAULT_POLICY, allow: patterns(...ALL), deny: [] },
  }),
  ...facts,
});
const allowed = (texts: readonly string[]) => ({
  ...DEFAULT_POLICY,
  allow: patterns(...texts),
  deny: [],
});
const A = 'tool:file:read:/a/*';
const B = 'tool:file:read:/b/*';
const wide = plugin({ allow: patterns(A, B) });

/** What is left of the two folders that the plugin asks for. */
const left = (...authorities: readonly Authority[]) => {
  const { allow, deny } = grantedOnMachine(wide, authorities, NOW);
  return { allow: [...allow], deny: [...deny] };
};

describe('grantedOnMachine()', () => {
  test('is what plugin, workspace and principal allow together', () => {
    expect(left(agreeing())).toEqual({ allow: [A, B], deny: [] });
    expect(left(agreeing({ policy: allowed([A]) }))).toEqual({ allow: [A], deny: [] });
    expect(left(agreeing({ grants: grants(B) }))).toEqual({ allow: [B], deny: [] });
    expect(left(agreeing({ policy: allowed([A]), grants: grants(B) })).allow).toEqual([]);
  });

  test('is what every authority of the turn allows', () => {
    expect(left(agreeing(), agreeing({ policy: allowed([A]) })).allow).toEqual([A]);
    expect(left(agreeing({ grants: grants(B) }), agreeing()).allow).toEqual([B]);
  });

  test('is no more than the one has for whom a block acts', () => {
    const { principal } = agreeing();
    const behalf = { kind: 'user', id: 'bob', grants: grants(A) } as const;
    const acting = { ...principal, kind: 'block', id: 'blk_1', behalf } as const;
    expect(left(agreeing({ principal: acting })).allow).toEqual([A]);
  });

  test('ends with the grants that it rests on', () => {
    const [grant] = grants('tool:*');
    const until = (expiresAt: number) =>
      agreeing({ grants: grant ? [{ ...grant, expiresAt }] : [] });
    expect(left(until(NOW + 1)).allow).toEqual([A, B]);
    expect(left(until(NOW)).allow).toEqual([]);
  });

  test('holds what the plugin or the workspace denies', () => {
    const policy = { ...allowed(ALL), deny: patterns('tool:file:read:/a/b*') };
    const denying = plugin({ allow: patterns(A), deny: patterns('tool:file:read:/a/c*') });
    expect(grantedOnMachine(denying, [agreeing({ policy })], NOW)).toEqual({
      allow: [A],
      deny: ['tool:file:read:/a/c*', 'tool:file:read:/a/b*'],
    });
  });

  test.each(MACHINE_FAMILY_NAMES)('speaks of %s', (family) => {
    const asking = plugin({ allow: patterns(family), deny: patterns(family) });
    expect(grantedOnMachine(asking, [agreeing()], NOW)).toEqual({
      allow: [family],
      deny: [family],
    });
  });

  test('says nothing of what does not concern a machine', () => {
    const other = ['tool:call:grep', 'system:config:read', 'storage:workspace:read'];
    const asking = plugin({ allow: patterns(A, ...other), deny: patterns(...other) });
    expect(grantedOnMachine(asking, [agreeing()], NOW)).toEqual({ allow: [A], deny: [] });
  });

  test('leaves out what is allowed beyond its bound, and of what is denied nothing', () => {
    const files = (count: number) =>
      patterns(...Array.from({ length: count }, (_, index) => `tool:file:read:/a/${index}`));
    const counts = (allow: number, deny: number) => {
      const asking = plugin({ allow: files(allow), deny: files(deny) });
      const granted = grantedOnMachine(asking, [agreeing()], NOW);
      return [granted.allow.length, granted.deny.length];
    };
    expect(counts(64, 64)).toEqual([64, 64]);
    expect(counts(65, 64)).toEqual([64, 64]);
    expect(counts(64, 65)).toEqual([0, 0]);
  });
});
