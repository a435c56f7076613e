/**
 * Patterns and capabilities for property tests. They share a small alphabet, so that two of them
 * often have something to do with each other, and it holds what is hard: escapes, their digits as
 * ordinary characters, and segments that only a star tells apart.
 *
 * @module
 */

import fc from 'fast-check';
import type { Capability, CapabilityPattern } from '../../../src/core/capabilities/pattern.ts';
import { capability, pattern } from './read.ts';

const character = fc.oneof(
  { weight: 6, arbitrary: fc.constant('a') },
  { weight: 2, arbitrary: fc.constant('b') },
  { weight: 2, arbitrary: fc.constantFrom('A', '3', '%3A', '%C3%A9') },
);
const piece = fc.array(character, { minLength: 0, maxLength: 2 }).map((parts) => parts.join(''));

/** `ab`, `a*`, `*%3A*`, `*`: never empty, never two stars in a row. */
const globSegment = fc
  .array(piece, { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('*').replaceAll(/\*+/g, '*') || '*');

const plainSegment = fc
  .array(character, { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join(''));

const segment = fc.oneof(
  { weight: 3, arbitrary: globSegment },
  { weight: 2, arbitrary: fc.constantFrom('*', 'a', 'b') },
);

export const anyPattern: fc.Arbitrary<CapabilityPattern> = fc
  .array(segment, { minLength: 1, maxLength: 3 })
  .map((segments) => pattern(segments.join(':')));

export const anyCapability: fc.Arbitrary<Capability> = fc
  .array(plainSegment, { minLength: 1, maxLength: 3 })
  .map((segments) => capability(segments.join(':')));

export const anyPatterns = fc.array(anyPattern, { maxLength: 8 });

/** Any character at all, each length of UTF-8 as often as the others. */
const anyCharacter = fc
  .oneof(
    fc.integer({ min: 0x00, max: 0x7f }),
    fc.integer({ min: 0x80, max: 0x7ff }),
    fc.integer({ min: 0x800, max: 0xd7ff }),
    fc.integer({ min: 0xe000, max: 0x10ffff }),
    fc.constantFrom(0x2e, 0x3a, 0x2a, 0x25, 0x5c, 0x301),
  )
  .map((point) => String.fromCodePoint(point));

/** What a path may hold: any Unicode at all, but for NUL and the steps that nothing resolves. */
export const anyFileName: fc.Arbitrary<string> = fc
  .string({ unit: anyCharacter, minLength: 1, maxLength: 12 })
  .map((name) => name.normalize('NFC').replaceAll(/[/\0]/g, '_'))
  .filter((name) => name !== '.' && name !== '..');
