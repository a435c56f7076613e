import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeSegment,
  encodeSegment,
  findSegmentProblem,
} from '../../../src/core/capabilities/notation.ts';
import { anyFileName } from './arbitraries.ts';

describe('encodeSegment()', () => {
  test('leaves exactly the plain characters as they are', () => {
    const ascii = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code));
    const plain = ascii.filter((character) => encodeSegment(character) === character);
    expect(plain.join('')).toBe(
      '+-./0123456789=@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~',
    );
  });

  test.each([
    [':', '%3A'],
    ['*', '%2A'],
    ['%', '%25'],
    ['%41', '%2541'],
    ['\\', '%5C'],
    [' ', '%20'],
    ['\u007f', '%7F'],
    ['é', '%C3%A9'],
    ['😀', '%F0%9F%98%80'],
  ])('writes %j as %s', (text, segment) => {
    expect(encodeSegment(text)).toBe(segment);
  });
});

describe('decodeSegment()', () => {
  test('gives back every text, so that no two texts share a segment', () => {
    fc.assert(
      fc.property(anyFileName, (name) => {
        expect(decodeSegment(encodeSegment(name))).toBe(name);
      }),
    );
  });

  test('refuses escapes that are not UTF-8', () => {
    expect(decodeSegment('a%C3')).toBeUndefined();
    expect(decodeSegment('%C0%80')).toBeUndefined();
  });
});

describe('findSegmentProblem()', () => {
  test('finds none in whatever encodeSegment() wrote of a file name', () => {
    fc.assert(
      fc.property(anyFileName, (name) => {
        expect(findSegmentProblem(encodeSegment(name))).toBeUndefined();
      }),
    );
  });

  test('accepts one spelling of each escape only', () => {
    const hex = Array.from({ length: 128 }, (_, code) => code.toString(16).padStart(2, '0'));
    for (const digits of hex) {
      const character = String.fromCharCode(Number.parseInt(digits, 16));
      const isAccepted = (text: string) => findSegmentProblem(text) === undefined;
      const spellings = [character, `%${digits}`, `%${digits.toUpperCase()}`].filter(
        (text, i, all) => all.indexOf(text) === i && text !== '*' && isAccepted(text),
      );
      expect(spellings, digits).toEqual(character === '\0' ? [] : [encodeSegment(character)]);
    }
  });

  test('asks for resolved steps only where a segment is a path', () => {
    expect(findSegmentProblem('a/../b')).toBeUndefined();
    expect(findSegmentProblem('..')).toBeUndefined();
    expect(findSegmentProblem('/a/../b')).toContain('must be a path');
  });
});
