import { describe, expect, test } from 'vitest';
import { findForbidden, mayHold } from '../../../src/core/capabilities/holder.ts';
import { capability, pattern } from './read.ts';

const delegates = ['plugin', 'block', 'node', 'channel'] as const;
const kept = [
  'system:approval:decide',
  'system:token:issue',
  'system:token:revoke',
  'system:secret:write',
  'system:plugin:release',
  'system:plugin:sign-in',
  'system:admin',
];

describe('mayHold()', () => {
  test.each(kept)('keeps %s from delegates and leaves it to users and services', (text) => {
    for (const holder of delegates) expect(mayHold(holder, capability(text))).toBe(false);
    for (const holder of ['user', 'service'] as const) {
      expect(mayHold(holder, capability(text))).toBe(true);
    }
  });

  test('lets everyone hold the rest of the catalogue, and nobody what is not in it', () => {
    for (const holder of [...delegates, 'user'] as const) {
      expect(mayHold(holder, capability('tool:file:read:/data'))).toBe(true);
      expect(mayHold(holder, capability('system:secret:list'))).toBe(true);
      expect(mayHold(holder, capability('system:everything'))).toBe(false);
    }
  });
});

describe('findForbidden()', () => {
  test('finds what a wide pattern would take in', () => {
    expect([...findForbidden('plugin', pattern('system:*'))].sort()).toEqual([...kept].sort());
    expect(findForbidden('block', pattern('*:secret:*'))).toEqual(['system:secret:write']);
    expect(findForbidden('channel', pattern('system:a*'))).toEqual(['system:admin']);
  });

  test('finds nothing for a user, or in a pattern that stays clear', () => {
    expect(findForbidden('user', pattern('*'))).toEqual([]);
    expect(findForbidden('block', pattern('tool:*'))).toEqual([]);
    expect(findForbidden('node', pattern('system:secret:use:*'))).toEqual([]);
  });
});
