import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { covers } from '../../../src/core/capabilities/pattern.ts';
import { depthOf, liveGrantsOf, MAX_TOKEN_DEPTH } from '../../../src/core/policy/live-grants.ts';
import { isLiveToken, ROOT_GRANTS, type TokenFacts } from '../../../src/core/policy/token-facts.ts';
import { NOW, patterns } from './authority-builder.ts';

interface Sketch
  extends Partial<Pick<TokenFacts, 'expiresAt' | 'revokedAt' | 'giver' | 'subject'>> {
  readonly grants?: readonly string[];
}

function sources(
  tokens: Readonly<Record<string, Sketch>>,
  members: Readonly<Record<string, readonly string[]>> = {},
) {
  return {
    token: (id: string): TokenFacts | undefined => {
      if (!Object.hasOwn(tokens, id)) return undefined;
      const { grants = ['tool:*'], giver = 'root', ...facts } = tokens[id]!;
      const subject = { kind: 'service' as const, id };
      return {
        id,
        subject,
        patterns: patterns(...grants),
        giver,
        giverName: `service:${giver}`,
        ...facts,
      };
    },
    memberGrants: (id: string) =>
      Object.hasOwn(members, id) ? patterns(...members[id]!) : undefined,
  };
}

const held = (
  tokens: Readonly<Record<string, Sketch>>,
  members?: Readonly<Record<string, readonly string[]>>,
) => liveGrantsOf('a', sources(tokens, members), NOW);

describe('liveGrantsOf()', () => {
  test('gives what root has given', () => {
    expect(held({ a: {} })).toEqual([{ pattern: 'tool:*' }]);
  });

  test('gives nothing of a token that is unknown, revoked or expired', () => {
    expect(held({})).toEqual([]);
    expect(held({ a: { revokedAt: NOW - 1 } })).toEqual([]);
    expect(held({ a: { expiresAt: NOW } })).toEqual([]);
    expect(held({ a: { expiresAt: NOW + 1 } })).toMatchObject([{ expiresAt: NOW + 1 }]);
  });

  test.each([
    ['was revoked', { revokedAt: NOW - 1 }],
    ['has expired', { expiresAt: NOW }],
    ['lost the grant', { grants: ['tool:exec'] }],
  ])('gives nothing any more when a giver %s, however far above', (_, lost) => {
    const chain = { a: { giver: 'b' }, b: { giver: 'c' }, c: {} };
    expect(held(chain)).toHaveLength(1);
    expect(held({ ...chain, b: { giver: 'c', ...lost } })).toEqual([]);
    expect(held({ ...chain, c: lost })).toEqual([]);
  });

  test('keeps those grants that the giver still covers, whole or not at all', () => {
    const tokens = {
      a: { giver: 'b', grants: ['tool:file:read:/a', 'tool:file:*', 'tool:exec'] },
      b: { grants: ['tool:file:read:*', 'tool:exec'] },
    };
    expect(held(tokens).map(({ pattern }) => pattern)).toEqual(['tool:file:read:/a', 'tool:exec']);
  });

  test('ends with the first to end of all that it depends on', () => {
    const tokens = {
      a: { giver: 'b', expiresAt: NOW + 30 },
      b: { giver: 'c', expiresAt: NOW + 10 },
      c: { expiresAt: NOW + 20 },
    };
    expect(held(tokens)).toMatchObject([{ expiresAt: NOW + 10 }]);
  });

  test("is bounded by a member's grants, which are no source of any", () => {
    const alice = { subject: { kind: 'user' as const, id: 'alice' } };
    const tokens = { a: { ...alice, grants: ['block:send', 'block:read'] } };
    const read = (members: Readonly<Record<string, readonly string[]>>) =>
      held(tokens, members).map(({ pattern }) => pattern);
    expect(read({})).toEqual(['block:send', 'block:read']);
    expect(read({ alice: ['block:read', 'tool:*'] })).toEqual(['block:read']);
    expect(read({ alice: [] })).toEqual([]);
    expect(read({ bob: [] })).toEqual(['block:send', 'block:read']);
    expect(held({ a: { subject: { kind: 'service', id: 'alice' } } }, { alice: [] })).toHaveLength(
      1,
    );
  });

  test('ends at givers that give to each other, and at chains that are too long', () => {
    expect(held({ a: { giver: 'b' }, b: { giver: 'a' } })).toEqual([]);
    const chainOf = (length: number) =>
      Object.fromEntries(
        Array.from({ length }, (_, index) => [
          index === 0 ? 'a' : `t${index}`,
          { giver: index === length - 1 ? 'root' : `t${index + 1}` },
        ]),
      );
    expect(held(chainOf(MAX_TOKEN_DEPTH))).toHaveLength(1);
    expect(depthOf('a', sources(chainOf(MAX_TOKEN_DEPTH)))).toBe(MAX_TOKEN_DEPTH);
    expect(held(chainOf(MAX_TOKEN_DEPTH + 1))).toEqual([]);
    expect(depthOf('a', sources({ a: { giver: 'b' }, b: { giver: 'a' } }))).toBeGreaterThan(
      MAX_TOKEN_DEPTH,
    );
  });

  test('never gives what is not covered by everybody above, for as long as it lasts', () => {
    const list = fc.subarray(['tool:*', 'tool:file:*', 'tool:file:read:/a', 'block:send', '*']);
    const token = fc.record({
      grants: list,
      expiresAt: fc.option(fc.integer({ min: NOW, max: NOW + 3 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(token, { minLength: 1, maxLength: 4 }), (chain) => {
        const tokens = Object.fromEntries(
          chain.map(({ grants, expiresAt }, index) => [
            index === 0 ? 'a' : `t${index}`,
            {
              grants,
              giver: index === chain.length - 1 ? 'root' : `t${index + 1}`,
              ...(expiresAt !== undefined && { expiresAt }),
            },
          ]),
        );
        for (const grant of held(tokens)) {
          for (const { grants, expiresAt = Number.POSITIVE_INFINITY } of chain) {
            expect(patterns(...grants).some((wide) => covers(wide, grant.pattern))).toBe(true);
            expect(grant.expiresAt ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(expiresAt);
          }
        }
      }),
    );
  });
});

test('root can give on whatever can be written', () => {
  expect(ROOT_GRANTS.map(({ pattern }) => pattern)).toEqual(['*']);
});

test('isLiveToken() ends at the very millisecond', () => {
  const token = sources({ a: { expiresAt: NOW } }).token('a')!;
  expect(isLiveToken(token, NOW - 1)).toBe(true);
  expect(isLiveToken(token, NOW)).toBe(false);
});
