import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../src/core/scan/finding.ts';
import { redact, redactionOf } from '../../../src/core/scan/redact.ts';

const REMOVED = redactionOf({ kind: 'secret', name: 'x' });

function find(name: string, start: number, end: number): Finding {
  return { kind: 'secret', name, confidence: 'high', start, end };
}

describe('redact()', () => {
  test('puts a marker in the place of each finding', () => {
    const findings = [find('x', 2, 4), find('x', 5, 6)];
    expect(redact('abcdefg', findings)).toBe(`ab${REMOVED}e${REMOVED}g`);
  });

  test('takes out the whole extent of findings that overlap, in whatever order they come', () => {
    const findings = [find('y', 3, 6), find('x', 1, 4), find('z', 2, 3)];
    expect(redact('abcdefg', findings)).toBe(`a${REMOVED}g`);
  });

  test('leaves a text without findings as it is, and takes out nothing for an empty one', () => {
    expect(redact('abc', [])).toBe('abc');
    expect(redact('abc', [find('x', 1, 1)])).toBe('abc');
  });

  test('takes out a whole text', () => {
    expect(redact('abc', [find('x', 0, 3)])).toBe(REMOVED);
  });
});
