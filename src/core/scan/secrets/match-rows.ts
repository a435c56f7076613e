/**
 * Makes matchers of the tables of secret rules.
 *
 * @module
 */

import { isOf } from '../alphabets.ts';
import { type Candidate, isWithinWord, type Matcher, openFrom } from '../matcher.ts';
import { matchBackward, matchShape, parseShape, type Shape } from '../shape.ts';
import type { TextRuns } from '../text-runs.ts';
import { entropyOf, hasLetterAndDigit, judgeCandidate } from './candidate-checks.ts';
import type { AssignedRow, InnerRow, PrefixedRow } from './secret-rule.ts';

export function matchPrefixed([name, prefixes, form, demands]: PrefixedRow): readonly Matcher[] {
  const shape = parseShape(form);
  return prefixes.split(' ').map((literal) => ({
    name,
    literal,
    read(runs, start, end) {
      if (isWithinWord(runs, start) || !runs.text.startsWith(literal, start)) return undefined;
      if (demands?.isAlone && start > 0 && isNameUnit(runs.text.charCodeAt(start - 1)))
        return undefined;
      const match = matchShape(shape, runs, end);
      if (match === 'open') return openFrom(start, runs);
      const confidence = match && judgeCandidate(runs.text.slice(end, match.end), demands);
      if (confidence === undefined) return match?.isOpen ? openFrom(start, runs) : undefined;
      return { start, end: match?.end ?? end, confidence, isOpen: match?.isOpen ?? false };
    },
  }));
}

export function matchInner([name, literal, before, after, demands]: InnerRow): Matcher {
  const [head, tail] = [parseShape(before), parseShape(after)];
  return {
    name,
    literal,
    read(runs, start, end) {
      const { text } = runs;
      const from = text.startsWith(literal, start) ? matchBackward(head, text, start) : undefined;
      if (from === undefined) return undefined;
      const match = matchShape(tail, runs, end);
      if (match === 'open') return openFrom(from, runs);
      if (match === undefined) return undefined;
      const confidence = judgeCandidate(text.slice(from, match.end), demands);
      if (confidence === undefined) return match.isOpen ? openFrom(from, runs) : undefined;
      return { start: from, end: match.end, confidence, isOpen: match.isOpen };
    },
  };
}

/** Says in a name that its value is to be kept; without one, a vendor's name says nothing. */
const CREDENTIAL_WORD = /tok|key|secret|auth|pass|pwd|cred|client|access/i;

/** Longest part of a name on either side of the vendor's, in code units. */
const MAX_NAME = 32;
/** Most quotes, brackets and white space on either side of the sign of assignment. */
const MAX_SPACE = 24;

/** Least entropy of a value, in bits a character; those of a few characters cannot have more. */
const ASSIGNED_ENTROPY = 2.5;

export function matchAssigned([name, vendors, forms]: AssignedRow): readonly Matcher[] {
  const shapes = forms.split(' | ').map(parseShape);
  return vendors.split(' | ').map((literal) => ({
    name,
    literal,
    read(runs, start, end) {
      const place = readAssignment(runs, start, end);
      if (place === undefined || place === 'open') return place && openFrom(start, runs);
      return readValue(runs, shapes, { start, at: place });
    },
  }));
}

function readValue(
  runs: TextRuns,
  shapes: readonly Shape[],
  { start, at }: { readonly start: number; readonly at: number },
): Candidate | undefined {
  let isOpen = false;
  for (const shape of shapes) {
    const match = matchShape(shape, runs, at);
    if (match === 'open') isOpen = true;
    if (match === undefined || match === 'open' || !endsValue(runs.text, match.end)) continue;
    const value = runs.text.slice(at, match.end);
    const isNumber = /^[0-9]+$/.test(value);
    if (entropyOf(value) < ASSIGNED_ENTROPY || !(isNumber || hasLetterAndDigit(value))) continue;
    const { end, isOpen: goesOn } = match;
    return { start: at, end, confidence: 'medium', isOpen: goesOn, heldFrom: start };
  }
  return isOpen ? openFrom(start, runs) : undefined;
}

/** A value is over where nothing follows that could belong to it. */
function endsValue(text: string, at: number): boolean {
  return !isOf('base64', text.charCodeAt(at)) && text.charCodeAt(at) !== 0x7e;
}

/** Where the value begins that is assigned to the name around a literal. */
function readAssignment(
  { text }: TextRuns,
  start: number,
  end: number,
): number | 'open' | undefined {
  const nameEnd = skip(text, end, isNameUnit, MAX_NAME);
  const nameStart = skipBack(text, start);
  const gapEnd = skip(text, nameEnd, isGapUnit, MAX_SPACE);
  const signEnd = skip(text, gapEnd, isSignUnit, 3);
  if (signEnd === gapEnd) return signEnd === text.length ? 'open' : undefined;
  if (!CREDENTIAL_WORD.test(text.slice(nameStart, nameEnd))) return undefined;
  const at = skip(text, signEnd, isGapUnit, MAX_SPACE);
  return at === text.length ? 'open' : at;
}

function skip(text: string, from: number, isSkipped: (unit: number) => boolean, max: number) {
  const limit = Math.min(text.length, from + max);
  let at = from;
  while (at < limit && isSkipped(text.charCodeAt(at))) at++;
  return at;
}

function skipBack(text: string, from: number): number {
  const limit = Math.max(0, from - MAX_NAME);
  let at = from;
  while (at > limit && isNameUnit(text.charCodeAt(at - 1))) at--;
  return at;
}

function isNameUnit(unit: number): boolean {
  return isOf('url', unit) || unit === 0x2e;
}

/** White space, quotes, brackets, backslash. */
function isGapUnit(unit: number): boolean {
  return GAP.has(unit);
}

const GAP: ReadonlySet<number> = new Set(
  Array.from(' \t\r\n"\'`()[]\\', (character) => character.charCodeAt(0)),
);

function isSignUnit(unit: number): boolean {
  return unit === 0x3d || unit === 0x3a || unit === 0x3e || unit === 0x2c || unit === 0x7c;
}
