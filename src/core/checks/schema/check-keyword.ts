/**
 * Whether a keyword of a schema has a value that it may have.
 *
 * @module
 */

import type { JsonValue } from '../../primitives/json.ts';
import { isJsonObject } from '../../primitives/json.ts';
import { isKnownFormat, type KeywordShape } from './keywords.ts';
import { judgePattern, PATTERN_MUST } from './pattern/judge-pattern.ts';
import { toTarget } from './references.ts';

/**
 * 2020-12, which is meant where none is named, and older ones, which generators still write: what these
 * mean by a keyword is refused where it is another thing, so that no constraint is dropped. Beside a
 * `$ref` they have none, and here there are some more.
 */
const DIALECT =
  /^https?:\/\/json-schema\.org\/(?:draft-0[67]|draft\/(?:2019-09|2020-12))\/schema#?$/;

const TYPES: ReadonlySet<JsonValue> = new Set([
  ...['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'],
]);

/** How an argument is made canonical: the values of `x-sallyport-kind`. */
export const FIELD_KINDS = [
  ...(['path', 'url', 'host', 'command', 'argv', 'text', 'multiline'] as const),
] as const;

/** Who vouches for a field of a result: the values of `x-sallyport-integrity`. */
export const FIELD_INTEGRITIES = [
  'trusted',
  'author',
  'arguments',
  'requested',
  'opaque',
  'declassified',
] as const;

/** Where an argument may come from: the values of `x-sallyport-source`, the strictest first. */
export const ARGUMENT_SOURCES = [
  'principal',
  'trusted',
  'attributed',
  'bounded',
  'links',
  'any',
] as const;

/** Most branches of one `allOf`, `anyOf` or `oneOf`, and most places in one `prefixItems`. */
export const MAX_BRANCHES = 64;

/** Most values of one `enum`. */
export const MAX_ENUM_VALUES = 1_000;

/** Most names in `properties`, `required` and the like. */
export const MAX_NAMES = 512;

type Must = (operand: JsonValue) => string | undefined;

const MUST: Readonly<Record<KeywordShape, Must>> = {
  dialect: when(
    (operand) => typeof operand === 'string' && DIALECT.test(operand),
    'be that of draft 2020-12, 2019-09, 07 or 06, or absent',
  ),
  identifier: when((operand) => typeof operand === 'string', 'be a text'),
  reference: when(
    (operand) => toTarget(operand) !== undefined,
    'be "#" or "#/" and a JSON pointer: nothing is fetched',
  ),
  schema: when(isSchema, 'be a schema'),
  'schema-list': when(
    (operand) => isListOf(operand, isSchema, MAX_BRANCHES) && operand.length > 0,
    `be a list of 1 to ${MAX_BRANCHES} schemas`,
  ),
  'schema-map': when(
    (operand) => isMapOf(operand, isSchema),
    `be an object of at most ${MAX_NAMES} schemas`,
  ),
  'pattern-map': (operand) =>
    isMapOf(operand, isSchema)
      ? firstOf(Object.keys(operand).map(patternMust))
      : `be an object of at most ${MAX_NAMES} schemas`,
  type: when(
    (operand) => TYPES.has(operand) || (isListOf(operand, isType, 7) && operand.length > 0),
    'be a type of JSON Schema, or a list of some',
  ),
  values: when(
    (operand) => isListOf(operand, () => true, MAX_ENUM_VALUES),
    `be a list of at most ${MAX_ENUM_VALUES} values`,
  ),
  value: () => undefined,
  number: when((operand) => typeof operand === 'number', 'be a number'),
  'positive-number': when(
    (operand) => typeof operand === 'number' && operand > 0,
    'be a number greater than 0',
  ),
  count: when(
    (operand) => Number.isSafeInteger(operand) && Number(operand) >= 0,
    'be a whole number, not negative',
  ),
  switch: when((operand) => typeof operand === 'boolean', 'be true or false'),
  names: when(
    (operand) => isListOf(operand, isText, MAX_NAMES),
    `be a list of at most ${MAX_NAMES} names`,
  ),
  'names-map': when(
    (operand) => isMapOf(operand, (names) => isListOf(names, isText, MAX_NAMES)),
    'be an object of lists of names',
  ),
  pattern: (operand) => (typeof operand === 'string' ? patternMust(operand) : 'be a text'),
  format: when(
    (operand) => typeof operand === 'string' && isKnownFormat(operand),
    'be a format that is known here',
  ),
  kind: oneOf(FIELD_KINDS),
  integrity: oneOf(FIELD_INTEGRITIES),
  source: oneOf(ARGUMENT_SOURCES),
};

/** What must hold of a keyword's value and does not, as the end of a sentence "it must …". */
export function findKeywordProblem(shape: KeywordShape, operand: JsonValue): string | undefined {
  return MUST[shape](operand);
}

function when(holds: (operand: JsonValue) => boolean, must: string): Must {
  return (operand) => (holds(operand) ? undefined : must);
}

function oneOf(words: readonly string[]): Must {
  return when((operand) => words.some((word) => word === operand), `be one of ${words.join(', ')}`);
}

function patternMust(pattern: string): string | undefined {
  const judged = judgePattern(pattern);
  return judged.ok ? undefined : `be a pattern that is safe to run: ${PATTERN_MUST[judged.error]}`;
}

function firstOf(problems: readonly (string | undefined)[]): string | undefined {
  return problems.find((problem) => problem !== undefined);
}

function isSchema(value: JsonValue): boolean {
  return typeof value === 'boolean' || isJsonObject(value);
}

function isText(value: JsonValue): boolean {
  return typeof value === 'string';
}

function isType(value: JsonValue): boolean {
  return TYPES.has(value);
}

function isListOf(
  value: JsonValue,
  isItem: (item: JsonValue) => boolean,
  most: number,
): value is readonly JsonValue[] {
  return Array.isArray(value) && value.length <= most && value.every(isItem);
}

function isMapOf(
  value: JsonValue,
  isMember: (member: JsonValue) => boolean,
): value is {
  readonly [name: string]: JsonValue;
} {
  if (!isJsonObject(value)) return false;
  const members = Object.values(value);
  return members.length <= MAX_NAMES && members.every(isMember);
}
