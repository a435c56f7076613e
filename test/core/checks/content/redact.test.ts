import { describe, expect, test } from 'vitest';
import { redact, redactionOf } from '../../../../src/core/checks/content/redact.ts';

const REMOVED = redactionOf('x');

describe('redact()', () => {
  test('puts a marker in the place of each finding', () => {
    const findings = [
      { name: 'x', start: 2, end: 4 },
      { name: 'x', start: 5, end: 6 },
    ];
    expect(redact('abcdefg', findings)).toBe(`ab${REMOVED}e${REMOVED}g`);
  });

  test('takes out the whole extent of findings that overlap, in whatever order they come', () => {
    const findings = [
      { name: 'y', start: 3, end: 6 },
      { name: 'x', start: 1, end: 4 },
      { name: 'z', start: 2, end: 3 },
    ];
    expect(redact('abcdefg', findings)).toBe(`a${REMOVED}g`);
  });

  test('leaves a text without findings as it is, and takes out nothing for an empty one', () => {
    expect(redact('abc', [])).toBe('abc');
    expect(redact('abc', [{ name: 'x', start: 1, end: 1 }])).toBe('abc');
  });

  test('takes out a whole text', () => {
    expect(redact('abc', [{ name: 'x', start: 0, end: 3 }])).toBe(REMOVED);
  });
});
