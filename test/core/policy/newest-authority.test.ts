import { describe, expect, test } from 'vitest';
import { bothAllow, findObjectionInTurn } from '../../../src/core/policy/newest-authority.ts';
import { authority, grants, NOW } from './authority-builder.ts';

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
