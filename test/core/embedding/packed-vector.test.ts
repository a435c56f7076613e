import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_PLACES, packVector, similarity } from '../../../src/core/embedding/packed-vector.ts';

const pack = (vector: readonly number[]) => packVector(vector) ?? new Uint8Array();
const values = fc.array(fc.double({ min: -10, max: 10, noNaN: true }), {
  minLength: 8,
  maxLength: 64,
});

describe('a packed vector', () => {
  test('points where it pointed, whatever its length was', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 100, noNaN: true }), (vector, factor) => {
        fc.pre(vector.some((value) => Math.abs(value) > 1e-3));
        const longer = vector.map((value) => value * factor);
        expect(similarity(pack(vector), pack(longer))).toBeGreaterThan(0.999);
        const turned = vector.map((value) => -value);
        expect(similarity(pack(vector), pack(turned))).toBeLessThan(-0.999);
      }),
    );
  });

  test('keeps angles to about a hundredth', () => {
    expect(similarity(pack([1, 0, 0]), pack([0, 1, 0]))).toBe(0);
    expect(similarity(pack([1, 0]), pack([1, 1]))).toBeCloseTo(Math.SQRT1_2, 2);
  });

  test('is refused where it has no direction or cannot be kept', () => {
    const refused = [[], [0, 0], [Number.NaN, 1], [Number.POSITIVE_INFINITY], [1, -Infinity]];
    for (const vector of refused) expect(packVector(vector)).toBeUndefined();
    expect(packVector(new Array(MAX_PLACES).fill(1))).toHaveLength(MAX_PLACES);
    expect(packVector(new Array(MAX_PLACES + 1).fill(1))).toBeUndefined();
  });

  test('resembles nothing of another space', () => {
    expect(similarity(pack([1, 1]), pack([1, 1, 1]))).toBe(0);
    expect(similarity(new Uint8Array(), new Uint8Array())).toBe(0);
  });
});
