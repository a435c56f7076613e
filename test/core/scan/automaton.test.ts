import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Automaton } from '../../../src/core/scan/automaton.ts';

function hitsOf(literals: readonly string[], text: string): [literal: string, end: number][] {
  const hits: [string, number][] = [];
  new Automaton(literals).search(text, (literal, end) => hits.push([literals[literal] ?? '', end]));
  return hits;
}

/** The same by looking for each literal at each place. */
function naiveHits(literals: readonly string[], text: string): [literal: string, end: number][] {
  const lower = text.toLowerCase();
  return literals.flatMap((literal) =>
    Array.from(lower, (_, at) => at)
      .filter((at) => lower.startsWith(literal.toLowerCase(), at))
      .map((at): [string, number] => [literal, at + literal.length]),
  );
}

const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'и'), minLength: 1, maxLength: 5 });

describe('Automaton', () => {
  test('finds literals that overlap, and those within others', () => {
    expect(hitsOf(['he', 'she', 'hers'], 'ushers')).toEqual([
      ['she', 4],
      ['he', 4],
      ['hers', 6],
    ]);
  });

  test('finds letters in either case', () => {
    expect(hitsOf(['Ab', 'игнор'], 'xaBИГНОР')).toEqual([
      ['Ab', 3],
      ['игнор', 8],
    ]);
  });

  test('finds just what a search for each literal at each place finds', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'и', 'B', 'x'), maxLength: 60 });
    fc.assert(
      fc.property(
        fc.uniqueArray(word, { minLength: 1, maxLength: 8 }),
        text,
        (literals, written) => {
          const sorted = (hits: [string, number][]) => hits.map(String).toSorted();
          expect(sorted(hitsOf(literals, written))).toEqual(sorted(naiveHits(literals, written)));
        },
      ),
    );
  });

  test('tells how much of the end could be a beginning', () => {
    const search = (text: string) => new Automaton(['abcd', 'cx']).search(text, () => {});
    expect(search('zzab')).toBe(2);
    expect(search('zzabc')).toBe(3);
    expect(search('zzabcz')).toBe(0);
    expect(search('')).toBe(0);
  });
});
