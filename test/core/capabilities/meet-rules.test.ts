import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CapabilityRules } from '../../../src/core/capabilities/capability-set.ts';
import { permits } from '../../../src/core/capabilities/capability-set.ts';
import { meetRules } from '../../../src/core/capabilities/meet-rules.ts';
import { mayOverlap } from '../../../src/core/capabilities/overlap.ts';
import { covers } from '../../../src/core/capabilities/pattern.ts';
import { capability, pattern } from './read.ts';

const rules = (allow: readonly string[], deny: readonly string[] = []): CapabilityRules => ({
  allow: allow.map(pattern),
  deny: deny.map(pattern),
});

const PATTERNS = [
  'tool:*',
  'tool:file:*',
  'tool:file:read:*',
  'tool:file:read:/a/*',
  'tool:file:read:/a/b',
  'tool:file:write:/a/*',
  'tool:network:http:*:443',
  'tool:network:http:x.example:443',
].map(pattern);
const CAPABILITIES = [
  'tool:file:read:/a/b',
  'tool:file:read:/a/c',
  'tool:file:write:/a/b',
  'tool:network:http:x.example:443',
  'tool:network:http:x.example:80',
].map(capability);

const anyRules = fc.record({
  allow: fc.subarray(PATTERNS),
  deny: fc.subarray(PATTERNS, { maxLength: 2 }),
});

describe('meetRules()', () => {
  test('keeps the narrower of two patterns, whoever has it', () => {
    const wide = rules(['tool:file:read:*']);
    const narrow = rules(['tool:file:read:/a/*', 'tool:exec:*']);
    expect(meetRules(wide, narrow).allow).toEqual(['tool:file:read:/a/*']);
    expect(meetRules(narrow, wide).allow).toEqual(['tool:file:read:/a/*']);
  });

  test('keeps every deny of everybody, once', () => {
    const met = meetRules(rules([], ['tool:exec']), rules([], ['tool:exec', 'tool:call:x']));
    expect(met.deny).toEqual(['tool:exec', 'tool:call:x']);
  });

  test('is nothing where a party allows nothing', () => {
    expect(meetRules(rules(['tool:*']), rules([])).allow).toEqual([]);
  });

  test('permits nothing that any of the parties does not', () => {
    fc.assert(
      fc.property(
        anyRules,
        anyRules,
        anyRules,
        fc.constantFrom(...CAPABILITIES),
        (a, b, c, wanted) => {
          if (!permits(meetRules(a, b, c), wanted)) return;
          expect([a, b, c].map((party) => permits(party, wanted))).toEqual([true, true, true]);
        },
      ),
    );
  });

  test('permits whatever all of the parties name letter by letter', () => {
    const exact = rules(['tool:file:read:/a/b']);
    expect(
      permits(meetRules(exact, rules(['tool:*']), exact), capability('tool:file:read:/a/b')),
    ).toBe(true);
  });
});

describe('mayOverlap()', () => {
  test.each([
    ['tool:file:read:/a/*', 'tool:file:read:/a/b/*', true],
    ['tool:file:read:/a/b/c', 'tool:file:read:/a/*', true],
    ['tool:file:*', 'tool:file:read:/a/*', true],
    ['tool:file:read:/a/*', 'tool:file:read:/b/*', false],
    ['tool:file:read:/ab', 'tool:file:read:/a/*', false],
    ['tool:file:read:/a', 'tool:file:read:/a', true],
    ['tool:file:read:/a', 'tool:file:read:/ab', false],
  ])('of %s and %s is %s', (a, b, expected) => {
    expect(mayOverlap(pattern(a), pattern(b))).toBe(expected);
    expect(mayOverlap(pattern(b), pattern(a))).toBe(expected);
  });

  test('is true for any two that match a same capability', () => {
    const any = fc.constantFrom(...PATTERNS);
    fc.assert(
      fc.property(any, any, fc.constantFrom(...CAPABILITIES), (a, b, both) => {
        if (covers(a, both) && covers(b, both)) expect(mayOverlap(a, b)).toBe(true);
      }),
    );
  });
});
