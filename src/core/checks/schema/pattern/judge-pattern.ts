/**
 * Whether a regular expression from a stranger can be run by an engine that backtracks.
 *
 * `^(a+)+$` takes seconds on 27 characters. Here the time of a pattern is bounded before it is
 * ever run: the steps on a text of `n` characters are at most `factor · n^exponent`, so each
 * pattern has a longest text on which it stays within {@link MAX_STEPS}.
 *
 * @module
 */

import { err, ok, type Result } from '../../../primitives/result.ts';
import { measureAmbiguity } from './ambiguity.ts';
import { type PatternNode, readPattern } from './pattern-syntax.ts';
import { buildAutomaton } from './position-automaton.ts';

/** Longest pattern, in UTF-16 units. */
export const MAX_PATTERN_LENGTH = 512;

/** Steps that one run of a pattern may take at worst: some ten milliseconds. */
const MAX_STEPS = 4_000_000;

/** A pattern that could only be run on shorter texts is refused. */
const MIN_USEFUL_TEXT = 256;

/** What is known of a pattern that may be run. */
export interface PatternCost {
  /** Longest text to run it on, in UTF-16 units. */
  readonly maxText: number;
  readonly factor: number;
  readonly exponent: number;
}

/** Why a pattern is refused; the sentence is completed by `admit-schema.ts`. */
export type PatternProblem = keyof typeof PATTERN_MUST;

export const PATTERN_MUST = {
  too_long: `it must have at most ${MAX_PATTERN_LENGTH} characters`,
  malformed: 'it must be a regular expression of ECMAScript with the flag "u"',
  unsupported: 'it must do without lookaround, back-references and flags',
  ambiguous: 'it must not match one text in many ways, as nested or adjacent repetitions do',
} as const;

/**
 * Bounds the time of a pattern, or says what about it cannot be bounded.
 *
 * @example
 * ```ts
 * judgePattern('^[a-z]+(?:-[a-z]+)*$'); // ok: linear
 * judgePattern('[0-9]+');               // ok: quadratic, on at most 2000 characters
 * judgePattern('^(a+)+$');              // error: 'ambiguous'
 * judgePattern('^(?=a)');               // error: 'unsupported'
 * ```
 */
export function judgePattern(pattern: string): Result<PatternCost, PatternProblem> {
  if (pattern.length > MAX_PATTERN_LENGTH) return err('too_long');
  if (!isExpression(pattern)) return err('malformed');
  const tree = readPattern(pattern);
  if (tree === undefined) return err('unsupported');

  const automaton = buildAutomaton(tree);
  const ambiguity = automaton && measureAmbiguity(automaton);
  if (ambiguity === undefined) return err('ambiguous');
  const { hasLoops, degree, factor } = ambiguity;
  const exponent = (hasLoops ? 1 : 0) + degree + (startsAnchored(tree) ? 0 : 1);
  const maxText = longestText(factor, exponent);
  return maxText < MIN_USEFUL_TEXT ? err('ambiguous') : ok({ maxText, factor, exponent });
}

function longestText(factor: number, exponent: number): number {
  if (factor > MAX_STEPS) return 0;
  return exponent === 0 ? MAX_STEPS : Math.floor((MAX_STEPS / factor) ** (1 / exponent));
}

function isExpression(pattern: string): boolean {
  try {
    new RegExp(pattern, 'u');
    return true;
  } catch {
    return false;
  }
}

/** Whether a match can begin only where the text begins. */
function startsAnchored(node: PatternNode): boolean {
  switch (node.kind) {
    case 'anchor':
      return node.isStart;
    case 'sequence':
      return node.parts[0] !== undefined && startsAnchored(node.parts[0]);
    case 'choice':
      return node.options.every(startsAnchored);
    default:
      return false;
  }
}
