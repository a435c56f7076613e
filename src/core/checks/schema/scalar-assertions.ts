/**
 * Assertions on a value as a whole: its type, and the bounds of numbers and texts.
 *
 * @module
 */

import { canonicalJson } from '../../primitives/canonical-json.ts';
import type { JsonObject, JsonValue } from '../../primitives/json.ts';
import type { Assertion, KeywordCompiler } from './assertion.ts';
import { ASSERTED_FORMATS } from './keywords.ts';
import { judgePattern } from './pattern/judge-pattern.ts';

/** UTF-16 units, or digits, that one unit of work looks at. */
const UNITS_PER_WORK = 16;

/** Longest text that has a format, in UTF-16 units. */
const MAX_FORMATTED_LENGTH = 8_192;

/** Steps of a regular expression in one unit of work. */
const STEPS_PER_WORK = 32;

export const SCALAR_ASSERTIONS: Readonly<Record<string, KeywordCompiler>> = {
  type: ({ type }) => {
    const types = new Set(typeof type === 'string' ? [type] : (type as readonly string[]));
    const detail = `it must be of type ${[...types].join(' or ')}`;
    return (value, { evaluation, place }) =>
      types.has(typeOf(value)) ||
      (types.has('integer') && Number.isInteger(value)) ||
      evaluation.report(place, detail);
  },
  const: (schema) => oneOfValues([schema.const as JsonValue], 'it must be the listed value'),
  enum: (schema) =>
    oneOfValues(schema.enum as readonly JsonValue[], 'it must be one of the listed values'),

  minimum: bound('minimum', 'at least', (value, limit) => value >= limit),
  maximum: bound('maximum', 'at most', (value, limit) => value <= limit),
  exclusiveMinimum: bound('exclusiveMinimum', 'greater than', (value, limit) => value > limit),
  exclusiveMaximum: bound('exclusiveMaximum', 'less than', (value, limit) => value < limit),
  multipleOf: bound('multipleOf', 'a multiple of', isMultipleOf),

  minLength: (schema) => {
    const least = Number(schema.minLength);
    const detail = `it must have at least ${least} characters`;
    return onText((text) => text.length >= 2 * least || countCharacters(text) >= least, detail);
  },
  maxLength: (schema) => {
    const most = Number(schema.maxLength);
    const detail = `it must have at most ${most} characters`;
    return onText((text) => text.length <= most || countCharacters(text) <= most, detail);
  },
  format: (schema) => {
    const holds = ASSERTED_FORMATS.get(String(schema.format));
    if (holds === undefined) return () => true;
    return onText(
      (text) => text.length <= MAX_FORMATTED_LENGTH && holds(text),
      `it must have the format ${schema.format}`,
    );
  },
  pattern: (schema) => {
    const matches = toMatcher(String(schema.pattern));
    return (value, { evaluation, place }) =>
      typeof value !== 'string' ||
      matches(value, (work) => evaluation.spend(work)) ||
      evaluation.report(place, 'it must match the pattern');
  },
};

/** A pattern as a question that first pays for its time. It does not match what is too long. */
export function toMatcher(
  pattern: string,
): (text: string, spend: (work: number) => void) => boolean {
  const judged = judgePattern(pattern);
  if (!judged.ok) throw new TypeError('Cannot compile pattern: it must have been admitted');
  const { maxText, factor, exponent } = judged.value;
  const expression = new RegExp(pattern, 'u');
  return (text, spend) => {
    if (text.length > maxText) return false;
    spend((factor * text.length ** exponent) / STEPS_PER_WORK);
    return expression.test(text);
  };
}

function typeOf(value: JsonValue): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function bound(
  keyword: string,
  relation: string,
  holds: (value: number, limit: number) => boolean,
): KeywordCompiler {
  return (schema: JsonObject) => {
    const limit = Number(schema[keyword]);
    const detail = `it must be ${relation} ${limit}`;
    return (value, { evaluation, place }) =>
      typeof value !== 'number' || holds(value, limit) || evaluation.report(place, detail);
  };
}

function onText(holds: (text: string) => boolean, detail: string): Assertion {
  return (value, { evaluation, place }) => {
    if (typeof value !== 'string') return true;
    evaluation.spend(value.length / UNITS_PER_WORK);
    return holds(value) || evaluation.report(place, detail);
  };
}

/** Values are equal when their canonical texts are. */
function oneOfValues(values: readonly JsonValue[], detail: string): Assertion {
  const scalars = new Set(values.filter((value) => typeof value !== 'object'));
  const others = new Set(values.filter((value) => typeof value === 'object').map(canonicalJson));
  return (value, { evaluation, place }) => {
    if (typeof value !== 'object') return scalars.has(value) || evaluation.report(place, detail);
    if (others.size === 0) return evaluation.report(place, detail);
    const text = canonicalJson(value);
    evaluation.spend(text.length / UNITS_PER_WORK);
    return others.has(text) || evaluation.report(place, detail);
  };
}

/** Exact, in decimal: 0.0075 is a multiple of 0.0001 although their quotient is not whole. */
function isMultipleOf(value: number, divisor: number): boolean {
  const [valueDigits, valueExponent] = toDecimal(value);
  const [divisorDigits, divisorExponent] = toDecimal(divisor);
  const shift = valueExponent - divisorExponent;
  const scaledValue = valueDigits * 10n ** BigInt(Math.max(shift, 0));
  const scaledDivisor = divisorDigits * 10n ** BigInt(Math.max(-shift, 0));
  return scaledValue % scaledDivisor === 0n;
}

/** Digits and exponent of the shortest decimal number that a double is read from. */
function toDecimal(value: number): readonly [digits: bigint, exponent: number] {
  const [coefficient = '0', exponent = '0'] = String(Math.abs(value)).split('e');
  const [whole = '0', fraction = ''] = coefficient.split('.');
  return [BigInt(whole + fraction), Number(exponent) - fraction.length];
}

/** Characters as JSON Schema counts them: code points. */
function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
