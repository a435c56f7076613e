import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findGrant, type Grant } from '../../../src/core/capabilities/grant.ts';
import { covers } from '../../../src/core/capabilities/pattern.ts';
import type { Caveat } from '../../../src/core/policy/caveat.ts';
import { narrowGrants } from '../../../src/core/policy/narrow-grants.ts';
import { anyCapability, anyPatterns } from '../capabilities/arbitraries.ts';
import { grants, NOW, patterns } from './authority-builder.ts';

const only = (...texts: readonly string[]): Caveat => ({
  kind: 'grants',
  patterns: patterns(...texts),
});
const left = (held: readonly Grant[], ...caveats: readonly Caveat[]) =>
  narrowGrants(held, caveats).map(({ pattern }) => pattern);

const anyGrants = anyPatterns.chain((list) =>
  fc.tuple(
    ...list.map((pattern) =>
      fc
        .option(fc.integer({ min: NOW - 2, max: NOW + 2 }), { nil: undefined })
        .map(
          (expiresAt): Grant => (expiresAt === undefined ? { pattern } : { pattern, expiresAt }),
        ),
    ),
  ),
);
const anyCaveat: fc.Arbitrary<Caveat> = fc.oneof(
  anyPatterns.map((list): Caveat => ({ kind: 'grants', patterns: list })),
  fc.integer({ min: NOW - 2, max: NOW + 2 }).map((at): Caveat => ({ kind: 'expiry', at })),
  fc.constant<Caveat>({ kind: 'tool', name: 'a' }),
  fc.constant<Caveat>({ kind: 'budget', maxTokens: 1 }),
);

describe('narrowGrants()', () => {
  test('keeps the narrower of a grant and a pattern, and nothing where neither covers the other', () => {
    const held = grants('tool:file:*', 'session:read');
    expect(left(held, only('tool:file:read:/a', 'session:*', 'block:send'))).toEqual([
      'tool:file:read:/a',
      'session:read',
    ]);
    expect(left(grants('tool:*:read'), only('tool:file:*'))).toEqual([]);
  });

  test('leaves of all tools the one that is named, with what a tool may draw on', () => {
    const held = grants('tool:*', 'session:*', 'system:*', 'block:*', 'schedule:*', 'channel:*');
    const narrowed = left(held, { kind: 'tool', name: 'read-file' });
    expect(narrowed).toContain('tool:call:read-file');
    expect(narrowed).toContain('session:turn');
    const families = narrowed.map((pattern) => pattern.split(':').slice(0, 2).join(':'));
    for (const lost of ['block:send', 'schedule:write', 'system:token', 'system:config']) {
      expect(families).not.toContain(lost);
    }
    const within = (family: string) => narrowed.filter((pattern) => pattern.startsWith(family));
    expect(within('tool:call')).toEqual(['tool:call:read-file']);
    expect(within('channel:')).toEqual(['channel:send', 'channel:send:*']);
  });

  test('leaves of what is remembered nothing but what a tool for that draws on', () => {
    const memoryOf = (name: string) =>
      left(grants('*'), { kind: 'tool', name }).filter((each) => each.startsWith('storage:memory'));
    expect(memoryOf('read-file')).toEqual([]);
    expect(memoryOf('memory-recall')).toEqual(['storage:memory:read']);
    expect(memoryOf('memory-forget')).toEqual(['storage:memory:write']);
    const stored = left(grants('*'), { kind: 'tool', name: 'read-file' });
    expect(stored).toEqual(expect.arrayContaining(['storage:workspace:write', 'storage:db:*']));
  });

  test('ends each grant with the first of the ends', () => {
    const held: Grant[] = [
      ...grants('session:read'),
      { ...grants('session:turn')[0]!, expiresAt: 5 },
    ];
    expect(narrowGrants(held, [{ kind: 'expiry', at: 7 }])).toEqual([
      { pattern: 'session:read', expiresAt: 7 },
      { pattern: 'session:turn', expiresAt: 5 },
    ]);
  });

  test('never gains: what is left was held, and every caveat agrees to it', () => {
    fc.assert(
      fc.property(
        anyGrants,
        fc.array(anyCaveat, { maxLength: 4 }),
        anyCapability,
        (held, caveats, capability) => {
          if (findGrant(narrowGrants(held, caveats), capability, NOW) === undefined) return;
          expect(findGrant(held, capability, NOW)).toBeDefined();
          for (const caveat of caveats) {
            if (caveat.kind === 'expiry') expect(NOW).toBeLessThan(caveat.at);
            if (caveat.kind === 'grants') {
              expect(caveat.patterns.some((pattern) => covers(pattern, capability))).toBe(true);
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('loses by every further caveat, wherever it stands', () => {
    fc.assert(
      fc.property(
        anyGrants,
        fc.array(anyCaveat, { maxLength: 3 }),
        anyCaveat,
        anyCapability,
        (held, caveats, added, capability) => {
          const before = findGrant(narrowGrants(held, caveats), capability, NOW);
          for (const more of [
            [...caveats, added],
            [added, ...caveats],
          ]) {
            const after = findGrant(narrowGrants(held, more), capability, NOW);
            if (after !== undefined) expect(before).toBeDefined();
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('keeps exactly what all allow, where nothing overlaps in part', () => {
    const names = ['session:read', 'session:turn', 'block:send', 'session:*', 'block:*'];
    const anyNames = fc.subarray(names).map((list) => patterns(...list));
    const anyName = fc.constantFrom(...patterns('session:read', 'session:turn', 'block:send'));
    fc.assert(
      fc.property(anyNames, anyNames, anyName, (held, list, asked) => {
        const narrowed = narrowGrants(
          held.map((pattern) => ({ pattern })),
          [{ kind: 'grants', patterns: list }],
        );
        const isAllowed = [held, list].every((set) => set.some((each) => covers(each, asked)));
        expect(narrowed.some(({ pattern }) => covers(pattern, asked))).toBe(isAllowed);
      }),
    );
  });
});
