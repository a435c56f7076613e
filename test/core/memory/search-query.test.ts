import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { finderOf, toIndexed, toSearchQuery } from '../../../src/core/memory/search-query.ts';

describe('toSearchQuery()', () => {
  test('looks for any of the words, each once and as a beginning', () => {
    expect(toSearchQuery("Ann's dog, ANN")).toBe('"ann"* OR "s"* OR "dog"*');
  });

  test('asks nothing where there is no word', () => {
    expect(toSearchQuery('?!* "" ()')).toBeUndefined();
  });

  test('looks for letters with the next one where a script has no spaces', () => {
    expect(toSearchQuery('東京タワー Bonn3月')).toBe(
      '"東 京"* OR "京 タ"* OR "タ ワ"* OR "ワ ー"* OR "bonn3"* OR "月"*',
    );
    expect(toSearchQuery('猫')).toBe('"猫"*');
  });

  test('takes 16 words and no more', () => {
    const words = Array.from({ length: 17 }, (_, index) => `w${index}`).join(' ');
    expect(toSearchQuery(words)?.split(' OR ')).toHaveLength(16);
  });

  test('lets nothing through that search could read as an operator', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 64 }), (text) => {
        const query = toSearchQuery(text) ?? '"x"*';
        for (const term of query.split(' OR ')) {
          expect(term).toMatch(/^"[\p{L}\p{N}\p{M}]+(?: [\p{L}\p{N}\p{M}]+)?"\*$/u);
        }
      }),
    );
  });
});

describe('toIndexed()', () => {
  test('leaves words as they are, and makes one of each letter of a script without spaces', () => {
    expect(toIndexed('I live in Łódź')).toBe('I live in Łódź');
    expect(toIndexed('私は東京').split(/ +/)).toEqual(['', '私', 'は', '東', '京', '']);
  });
});

describe('finderOf()', () => {
  test.each([
    ['東京', '私は東京に住んでいます', true],
    ['京東', '私は東京に住んでいます', false],
    ['กรุงเทพ', 'ฉันอยู่ที่กรุงเทพ', true],
    ['ガス', 'カ\u3099ス料金', true],
    ['ＢＯＮＮ', 'Lives in Bonn', true],
    ['서울', '저는 서울에 살아요', true],
  ])('finds %j in %j: %s', (query, text, isFound) => {
    expect(finderOf(query)(text)).toBe(isFound);
  });

  test('finds what the index would: any word, by its beginning, without case and accents', () => {
    expect(finderOf('CREPE dog')('Łukasz likes crêpes.')).toBe(true);
    expect(finderOf('lik')('Łukasz likes crêpes.')).toBe(true);
    expect(finderOf('ikes cat')('Łukasz likes crêpes.')).toBe(false);
    expect(finderOf('?!')('Łukasz likes crêpes?!')).toBe(false);
  });
});
