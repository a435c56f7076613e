/**
 * A rule made ready: a literal, and what is read around each place where it stands.
 *
 * @module
 */

import { isOf } from './alphabets.ts';
import type { Confidence } from './finding.ts';
import type { Span } from './text-copy.ts';
import type { TextRuns } from './text-runs.ts';

/**
 * What a rule found, or the beginning of what more text could make it. `isOpen` in a find says
 * that more text could make it longer, or nothing.
 */
export interface Candidate extends Span {
  readonly confidence: Confidence | 'none';
  readonly isOpen: boolean;
  /** Where it must be read from to be found again, unless that is `start`. */
  readonly heldFrom?: number;
}

export interface Matcher {
  readonly name: string;
  readonly literal: string;
  /** The literal stands from `start` to `end`, its letters in either case. */
  read(runs: TextRuns, start: number, end: number): Candidate | undefined;
}

/** What is not there yet: from here on, more text may make a find. */
export function openFrom(start: number, { text }: TextRuns): Candidate {
  return { start, end: text.length, confidence: 'none', isOpen: true };
}

/** Whether a letter or digit stands before a place, so that no token begins there. */
export function isWithinWord({ text }: TextRuns, at: number): boolean {
  return at > 0 && isOf('word', text.charCodeAt(at - 1));
}
