/**
 * What is wrong with a JSON value, all of it at once, each with the place it is at.
 *
 * `detail` says what must hold and repeats nothing of the value. A pointer holds the names of
 * members, which the value's author wrote: show pointers to that author only.
 *
 * @module
 */

import type * as z from 'zod';
import { toPointer } from '../primitives/json.ts';
import { err, ok, type Result } from '../primitives/result.ts';

export interface PointerError {
  /** JSON pointer (RFC 6901); the whole value is the empty string. */
  readonly pointer: string;
  /** What must hold: `must be one of "a", "b"`. */
  readonly detail: string;
}

/** Most errors in one answer, so that a hostile value cannot make a long one. */
export const MAX_POINTER_ERRORS = 100;

/** Longest pointer that is repeated, in characters. */
const MAX_POINTER_LENGTH = 256;

type Issue = z.core.$ZodIssue;

/** Reads a value by its schema. Missing members are told from members of a wrong type. */
export function readShape<T>(
  schema: z.ZodType<T>,
  value: unknown,
): Result<T, readonly PointerError[]> {
  const read = schema.safeParse(value, {
    error: (issue) =>
      issue.code === 'invalid_type' && issue.input === undefined ? 'must be present' : undefined,
  });
  return read.success ? ok(read.data) : err(toPointerErrors(read.error));
}

/** The issues of a failed parse, in the order of the schema. */
export function toPointerErrors(error: {
  readonly issues: readonly Issue[];
}): readonly PointerError[] {
  return error.issues.flatMap(toErrors).slice(0, MAX_POINTER_ERRORS);
}

/** An error at a place that is given as its steps from the root. */
export function pointerError(path: readonly PropertyKey[], detail: string): PointerError {
  let pointer = '';
  for (const step of path) pointer = toPointer(pointer, toStep(step));
  return {
    pointer: pointer.length > MAX_POINTER_LENGTH ? pointer.slice(0, MAX_POINTER_LENGTH) : pointer,
    detail,
  };
}

function toErrors(issue: Issue): readonly PointerError[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => pointerError([...issue.path, key], 'must not be present'));
  }
  const meant = issue.code === 'invalid_union' ? meantOf(issue) : undefined;
  if (meant === undefined) return [pointerError(issue.path, describe(issue))];
  return meant.flatMap((inner) => toErrors({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** Of several shapes, what is wrong with the only one that has the value's members and says its kind. */
function meantOf({
  errors,
  message,
}: Extract<Issue, { code: 'invalid_union' }>): readonly Issue[] | undefined {
  if (message !== NOT_STATED) return undefined;
  const possible = errors.filter((issues) => !issues.some(isOfAnother));
  return possible.length === 1 ? possible[0] : undefined;
}

function isOfAnother(issue: Issue): boolean {
  const isKind = issue.code === 'invalid_value' && issue.values.length === 1;
  return issue.path.length === 0 || (isKind && issue.path.length === 1);
}

function describe(issue: Issue): string {
  switch (issue.code) {
    case 'custom':
    case 'invalid_format':
      return issue.message;
    case 'invalid_type':
      return issue.message === 'must be present' ? issue.message : `must be ${issue.expected}`;
    case 'too_small':
      return describeBound(
        issue.origin,
        issue.inclusive === false ? 'more than' : 'at least',
        issue.minimum,
      );
    case 'too_big':
      return describeBound(
        issue.origin,
        issue.inclusive === false ? 'less than' : 'at most',
        issue.maximum,
      );
    case 'invalid_value':
      return `must be one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'invalid_key':
      return `must have a name that ${describeKey(issue.issues)}`;
    case 'invalid_union':
      return issue.message === NOT_STATED
        ? 'must have one of the documented shapes'
        : issue.message;
    default:
      return 'must be valid';
  }
}

/** What a union says of itself where its schema does not. */
const NOT_STATED = 'Invalid input';

const COUNTED: Readonly<Record<string, string>> = {
  string: 'characters',
  array: 'items',
  set: 'items',
  map: 'members',
  object: 'members',
};

function describeBound(origin: string, relation: string, bound: number | bigint): string {
  const noun = COUNTED[origin];
  return noun === undefined
    ? `must be ${relation} ${bound}`
    : `must have ${relation} ${bound} ${noun}`;
}

function describeKey(issues: readonly Issue[]): string {
  const [first] = issues;
  return first === undefined ? 'must be valid' : describe(first);
}

function toStep(step: PropertyKey): string | number {
  return typeof step === 'symbol' ? String(step) : step;
}
