import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CapabilityPattern, covers } from '../../../src/core/capabilities/pattern.ts';
import { anyCapability, anyPattern } from './arbitraries.ts';
import { oracleCovers } from './oracle.ts';
import { pattern } from './read.ts';

/** Some hundreds of patterns, so that all their pairs are more than 100,000. */
const manyPatterns = fc.array(fc.oneof(anyPattern, anyCapability), {
  minLength: 320,
  maxLength: 320,
  size: 'max',
});

function pairsOf(patterns: readonly CapabilityPattern[]) {
  return patterns.flatMap((wider) => patterns.map((narrower) => ({ wider, narrower })));
}

describe('oracleCovers()', () => {
  test.each([
    ['a:*', 'a:b:c', true],
    ['a:*', 'a', false],
    ['a*', 'a:b', false],
    ['a:*:c', 'a:b:c', true],
    ['a:*:c', 'a:b:b:c', false],
    ['*3*', '%3A', false],
    ['*', 'a:*', true],
    ['a*', '*', false],
  ])('agrees with the grammar that %s covers %s: %s', (wider, narrower, expected) => {
    expect(oracleCovers(wider, narrower)).toBe(expected);
  });
});

describe('covers()', () => {
  test('agrees with an independent oracle on more than 100,000 random pairs', () => {
    fc.assert(
      fc.property(manyPatterns, (patterns) => {
        const pairs = pairsOf(patterns);
        const differ = pairs.filter(
          ({ wider, narrower }) => covers(wider, narrower) !== oracleCovers(wider, narrower),
        );
        expect(differ.slice(0, 3)).toEqual([]);
        expect(pairs.length).toBeGreaterThan(100_000);
        expect(pairs.filter((pair) => covers(pair.wider, pair.narrower)).length).toBeGreaterThan(
          1_000, // so that agreement on "no" alone is not enough
        );
      }),
      { numRuns: 1, endOnFailure: true }, // the pairs that differ are shown; shrinking takes minutes
    );
  });

  test('is reflexive', () => {
    fc.assert(
      fc.property(anyPattern, (any) => {
        expect(covers(any, any)).toBe(true);
      }),
    );
  });

  test('is transitive, so a chain of grants never gains authority', () => {
    fc.assert(
      fc.property(fc.array(anyPattern, { minLength: 60, maxLength: 60 }), (patterns) => {
        const below = new Map(
          patterns.map((wider) => [wider, new Set(patterns.filter((n) => covers(wider, n)))]),
        );
        const gains = [...below.values()].flatMap((reached) =>
          [...reached].flatMap((middle) => [...below.get(middle)!].filter((n) => !reached.has(n))),
        );
        expect(gains).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  test('covers whatever is made from a pattern by putting text or patterns for its stars', () => {
    const filling = fc.constantFrom('', 'a', 'b3', '%3A', '%C3%A9', '*', 'a*b');
    fc.assert(
      fc.property(anyPattern, fc.infiniteStream(filling), (wider, fillings) => {
        const filled = wider
          .replaceAll('*', () => fillings.next().value ?? '')
          .replaceAll(/\*+/g, '*');
        fc.pre(filled.split(':').every((segment) => segment !== ''));
        expect(covers(wider, pattern(filled))).toBe(true);
      }),
    );
  });

  test('lets only a whole star at the end take more segments than it has', () => {
    fc.assert(
      fc.property(anyPattern, anyCapability, (wider, tail) => {
        const longer = pattern(`${wider}:${tail}`);
        expect(covers(wider, longer)).toBe(wider === '*' || wider.endsWith(':*'));
      }),
    );
  });
});
