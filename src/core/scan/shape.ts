/**
 * A small notation for the forms of tokens, and its matcher.
 *
 * A shape is a row of steps with a space between: `word{36}` is a run of exactly 36 characters of an
 * alphabet, `hex{32,64}` of 32 to 64, `url{20,}` of 20 or more, and anything else is itself. A run
 * takes all that it can and never gives back, so that matching is linear and cannot be made slow.
 *
 * @example
 * ```ts
 * const shape = parseShape('word{8} - hex{4}');
 * matchShape(shape, new TextRuns('abcdefgh-00ff'), 0); // { end: 13, isOpen: true }
 * ```
 *
 * @module
 */

import { ALPHABETS, type Alphabet, isOf } from './alphabets.ts';
import type { TextRuns } from './text-runs.ts';

/** Longest run that is read where no end is stated. */
const OPEN_RUN = 4_096;

export type ShapeStep =
  | { readonly literal: string }
  | { readonly alphabet: Alphabet; readonly min: number; readonly max: number };

export type Shape = readonly ShapeStep[];

const RUN = /^([a-z0-9]+)\{(\d+)(,?)(\d*)\}$/;

/** @throws RangeError for an alphabet that does not exist: shapes are written by us. */
export function parseShape(text: string): Shape {
  return text.split(' ').map((step) => {
    const [, alphabet = '', min = '', comma = '', max = ''] = RUN.exec(step) ?? [];
    if (alphabet === '') return { literal: step };
    if (!Object.hasOwn(ALPHABETS, alphabet)) throw new RangeError(`Cannot read shape "${text}"`);
    const most = comma === '' ? min : max === '' ? OPEN_RUN : max;
    return { alphabet: alphabet as Alphabet, min: Number(min), max: Number(most) };
  });
}

interface ShapeMatch {
  readonly end: number;
  /** Whether more text could make another match of it, or none. */
  readonly isOpen: boolean;
}

/**
 * What a shape takes from `at` on. A run of stated length that goes on beyond it is no match, since a
 * part of something longer is something else. Nothing, `'open'` if more text could change that.
 */
export function matchShape(
  shape: Shape,
  runs: TextRuns,
  at: number,
): ShapeMatch | 'open' | undefined {
  const { text } = runs;
  let end = at;
  for (const step of shape) {
    if ('literal' in step) {
      const { literal } = step;
      if (!text.startsWith(literal, end)) {
        return literal.startsWith(text.slice(end, end + literal.length)) ? 'open' : undefined;
      }
      end += literal.length;
    } else {
      const from = end;
      end = runs.endOfRun(step.alphabet, from, step.max);
      if (end - from < step.min) return end === text.length ? 'open' : undefined;
    }
  }
  const last = shape.at(-1);
  if (last === undefined || 'literal' in last) return { end, isOpen: false };
  const isStated = last.max < OPEN_RUN;
  if (isStated && isOf('word', text.charCodeAt(end))) return undefined;
  return { end, isOpen: end === text.length };
}

/** Where a shape that ends at `end` begins. It must not be part of a longer word. */
export function matchBackward(shape: Shape, text: string, end: number): number | undefined {
  let at = end;
  for (const step of shape.toReversed()) {
    if ('literal' in step) {
      if (!text.endsWith(step.literal, at)) return undefined;
      at -= step.literal.length;
    } else {
      const limit = Math.max(0, at - step.max);
      const from = at;
      while (at > limit && isOf(step.alphabet, text.charCodeAt(at - 1))) at--;
      if (from - at < step.min) return undefined;
    }
  }
  return at > 0 && isOf('word', text.charCodeAt(at - 1)) ? undefined : at;
}
