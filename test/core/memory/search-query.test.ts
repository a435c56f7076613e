import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { finderOf, toSearchQuery } from '../../../src/core/memory/search-query.ts';

describe('toSearchQuery()', () => {
  test('looks for any of the words, each once and as a beginning', () => {
    expect(toSearchQuery("Ann's dog, ANN")).toBe('"ann"* OR "s"* OR "dog"*');
  });

  test('asks nothing where there is no word', () => {
    expect(toSearchQuery('?!* "" ()')).toBeUndefined();
  });

  test('takes 16 words and no more', () => {
    const words = Array.from({ length: 17 }, (_, index) => `w${index}`).join(' ');
    expect(toSearchQuery(words)?.split(' OR ')).toHaveLength(16);
  });

  test('lets nothing through that search could read as an operator', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 64 }), (text) => {
        const query = toSearchQuery(text) ?? '"x"*';
        expect(query).toMatch(/^"[\p{L}\p{N}\p{M}]+"\*(?: OR "[\p{L}\p{N}\p{M}]+"\*)*$/u);
      }),
    );
  });
});

describe('finderOf()', () => {
  test('finds what the index would: any word, by its beginning, without case and accents', () => {
    expect(finderOf('CREPE dog')('Łukasz likes crêpes.')).toBe(true);
    expect(finderOf('lik')('Łukasz likes crêpes.')).toBe(true);
    expect(finderOf('ikes cat')('Łukasz likes crêpes.')).toBe(false);
    expect(finderOf('?!')('Łukasz likes crêpes?!')).toBe(false);
  });
});
