/**
 * Whether what a tool answered is what a case says, and if not, where they part.
 *
 * @module
 */

import { canonicalJson } from '../../core/primitives/canonical-json.ts';
import { isJsonObject, type JsonValue, toPointer } from '../../core/primitives/json.ts';
import { parseJson } from '../../core/primitives/parse-json.ts';
import type { Expectation } from './case-file.ts';

/** What came of a call. */
export type CallEnd =
  | { readonly kind: 'answered'; readonly text: string }
  | { readonly kind: 'denied'; readonly check: string; readonly reason: string }
  /** Neither: the gateway refused the call, or broke. */
  | { readonly kind: 'refused'; readonly detail: string };

/** Answers are JSON as far as they can be compared without running out of stack. */
const LIMITS = { maxBytes: Number.POSITIVE_INFINITY, maxDepth: 100 };

const MAX_SHOWN = 300;

/** What differs, for the author; nothing if the case passes. */
export function findMismatch(expected: Expectation, end: CallEnd): string | undefined {
  if (end.kind === 'refused') return `the gateway refused it: ${end.detail}`;
  if (expected.kind === 'denied') return mismatchOfDenial(expected, end);
  if (end.kind === 'denied') return `it was denied: ${end.check}, ${end.reason}`;
  const { value } = expected;
  if (value === end.text) return undefined;
  const parsed = parseJson(end.text, LIMITS);
  // A text that is no JSON is compared as what it is.
  const answer = parsed.ok ? parsed.value : end.text;
  return compare(value, answer, { at: '', isPart: expected.kind === 'matches' });
}

function mismatchOfDenial(
  expected: Extract<Expectation, { kind: 'denied' }>,
  end: Exclude<CallEnd, { kind: 'refused' }>,
): string | undefined {
  const wanted = `a denial (${expected.check}, ${expected.reason})`;
  if (end.kind === 'answered') return `expected ${wanted}, got ${show(end.text)}`;
  if (end.check === expected.check && end.reason === expected.reason) return undefined;
  return `expected ${wanted}, got another (${end.check}, ${end.reason})`;
}

interface Place {
  /** JSON pointer into the answer. */
  readonly at: string;
  readonly isPart: boolean;
}

function compare(expected: JsonValue, answer: JsonValue, place: Place): string | undefined {
  if (isJsonObject(expected) && isJsonObject(answer)) {
    const names = Object.keys(place.isPart ? expected : { ...expected, ...answer });
    return firstOf(names, (name) =>
      compareMember(memberOf(expected, name), memberOf(answer, name), inside(place, name)),
    );
  }
  if (Array.isArray(expected) && Array.isArray(answer) && expected.length === answer.length) {
    return firstOf([...expected.keys()], (index) =>
      compareMember(expected[index], answer[index], inside(place, index)),
    );
  }
  const isInside =
    place.isPart &&
    typeof expected === 'string' &&
    typeof answer === 'string' &&
    answer.includes(expected);
  if (isInside || canonicalJson(expected) === canonicalJson(answer)) return undefined;
  return differ(expected, answer, place);
}

function compareMember(
  expected: JsonValue | undefined,
  answer: JsonValue | undefined,
  place: Place,
): string | undefined {
  if (expected === undefined || answer === undefined) return differ(expected, answer, place);
  return compare(expected, answer, place);
}

/** `__proto__` and its like are ordinary names in JSON. */
function memberOf(object: Readonly<Record<string, JsonValue>>, name: string) {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function inside({ at, isPart }: Place, step: string | number): Place {
  return { at: toPointer(at, step), isPart };
}

function firstOf<T>(
  items: readonly T[],
  find: (item: T) => string | undefined,
): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function differ(
  expected: JsonValue | undefined,
  answer: JsonValue | undefined,
  { at, isPart }: Place,
): string {
  const where = at === '' ? '' : `${at}: `;
  const wanted = isPart && typeof expected === 'string' ? 'text with' : '';
  return `${where}expected ${wanted}${wanted && ' '}${show(expected)}, got ${show(answer)}`;
}

function show(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN - 3)}...`;
}
