import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  embedLexically,
  LEXICAL_DIMENSIONS,
} from '../../../src/core/embedding/lexical-embedding.ts';
import { packVector, similarity } from '../../../src/core/embedding/packed-vector.ts';

const pack = (text: string) => packVector(embedLexically(text)) ?? new Uint8Array();
const alike = (a: string, b: string) => similarity(pack(a), pack(b));

describe('embedLexically()', () => {
  test('gives the same text the same vector, of length one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const vector = embedLexically(text);
        expect(vector).toHaveLength(LEXICAL_DIMENSIONS);
        expect(embedLexically(text)).toEqual(vector);
        const length = Math.sqrt(vector.reduce((sum, value) => sum + value ** 2, 0));
        expect(length === 0 || Math.abs(length - 1) < 1e-9).toBe(true);
      }),
    );
  });

  test('is the same on every machine, so that what was stored can be compared for good', () => {
    const places = embedLexically('Tea').flatMap((value, place) => (value === 0 ? [] : [place]));
    expect(places).toEqual([175, 196, 448, 486]);
  });

  test('brings together what is written alike, and nothing else', () => {
    const dog = 'The dog walks in the garden';
    expect(alike(dog, 'Dogs are walking through gardens')).toBeGreaterThan(0.3);
    expect(alike(dog, 'the DÓG walks in the gärden')).toBeGreaterThan(0.99);
    expect(alike('favourite colour', 'favorite color')).toBeGreaterThan(0.4);
    expect(alike(dog, 'Interest rates rose by two percent')).toBeLessThan(0.1);
  });

  test('knows no meaning, and does not pretend to', () => {
    expect(Math.abs(alike('car', 'automobile'))).toBeLessThan(0.2);
  });

  test('has nothing to say of a text without letters and digits', () => {
    expect(embedLexically(' …!? ').every((value) => value === 0)).toBe(true);
    expect(packVector(embedLexically(''))).toBeUndefined();
  });

  test('takes time in proportion to the text, however it is written', () => {
    for (const text of ['a'.repeat(300_000), 'ab '.repeat(100_000), '\u0301'.repeat(300_000)]) {
      expect(embedLexically(text)).toHaveLength(LEXICAL_DIMENSIONS);
    }
  });

  test('has as many places as were asked for', () => {
    expect(embedLexically('some words', 64)).toHaveLength(64);
  });
});
