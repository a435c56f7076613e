import { describe, expect, test } from 'vitest';
import { modelsEndAt, turnModels } from '../../../src/core/policy/turn-models.ts';
import { makeAuthority, makePolicy, NOW } from '../checks/fixture.ts';

const { grants } = makeAuthority();
const { models } = makePolicy();
const aliased = (...chain: string[]) =>
  makeAuthority({
    policy: makePolicy({ models: { ...models, aliases: { best: chain } } }),
  });
const without = (prefix: string) => grants.filter(({ pattern }) => !pattern.startsWith(prefix));
const DRIVER = { kind: 'model', model: 'alias/best' } as const;
const first = aliased('a/x', 'b/y');

describe('turnModels()', () => {
  test('is what the name stood for at first, as far as both allow it', () => {
    expect(turnModels({ first, newest: first }, DRIVER, NOW)).toEqual(['a/x', 'b/y']);
    expect(turnModels({ first, newest: aliased('c/z') }, DRIVER, NOW)).toEqual(['a/x', 'b/y']);
    const policy = makePolicy({ models: { ...models, allow: ['b/*'] } });
    expect(turnModels({ first, newest: makeAuthority({ policy }) }, DRIVER, NOW)).toEqual(['b/y']);
    const barred = { ...first, grants: without('provider:') };
    expect(turnModels({ first, newest: barred }, DRIVER, NOW)).toEqual([]);
    expect(turnModels({ first: barred, newest: first }, DRIVER, NOW)).toEqual([]);
  });

  test('is nothing for who may take no turns, unless he acts for somebody', () => {
    const newest = { ...first, grants: without('session:') };
    expect(turnModels({ first, newest }, DRIVER, NOW)).toEqual([]);
    expect(turnModels({ first, newest }, { model: 'embedded/planner' }, NOW)).toEqual([]);
    const principal = { ...first.principal, behalf: { kind: 'user', id: 'b', grants } } as const;
    const block = { ...newest, principal };
    expect(turnModels({ first: block, newest: block }, DRIVER, NOW)).toEqual(['a/x', 'b/y']);
  });

  test('asks for another grant where the reply is wanted as it comes', () => {
    expect(turnModels({ first, newest: first }, { ...DRIVER, streams: true }, NOW)).toEqual([]);
  });
});

describe('modelsEndAt()', () => {
  const ending = (ends: Record<string, number>) => ({
    ...first,
    grants: grants.map((grant) => {
      const at = Object.entries(ends).find(([prefix]) => grant.pattern.startsWith(prefix))?.[1];
      return at === undefined ? grant : { ...grant, expiresAt: NOW + at };
    }),
  });

  test.each([
    [{}, Number.POSITIVE_INFINITY],
    [{ 'tool:': 1 }, Number.POSITIVE_INFINITY],
    [{ 'provider:': 5 }, NOW + 5],
    [{ 'provider:': 5, 'session:': 3, 'tool:': 1 }, NOW + 3],
  ])('of grants that end at %j is %s', (ends, at) => {
    const newest = ending(ends);
    expect(modelsEndAt({ first, newest }, DRIVER, NOW)).toBe(at);
    expect(modelsEndAt({ first: newest, newest: first }, DRIVER, NOW)).toBe(at);
  });
});
