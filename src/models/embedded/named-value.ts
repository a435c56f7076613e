/**
 * A value that the request gives by the name of its argument: "method POST", "limit = 5",
 * "with the query `.a`".
 *
 * @module
 */

import type { JsonValue } from '../../core/primitives/json.ts';
import type { ClauseValues } from './clause-values.ts';
import type { Literal } from './literals.ts';
import { isUrlProperty } from './property-purpose.ts';
import { enumOf, type ToolProperty, typesOf } from './tool-properties.ts';
import { splitWords } from './words.ts';

const ALL_TEXTS: readonly Literal['kind'][] = ['fence', 'quote', 'url', 'path'];
const NOT_A_VALUE = /^(?:in|of|on|at|to|is|as|for|from|with|and|or|by|the|a|an|its|it|this|that)$/i;

export function findNamedValue(
  property: ToolProperty,
  properties: readonly ToolProperty[],
  values: ClauseValues,
): JsonValue | undefined {
  const found = namePattern(property).exec(values.head);
  if (found === null) return undefined;
  const types = typesOf(property);
  if (types.includes('boolean')) return !isNegated(values.head.slice(0, found.index));

  const rest = values.head.slice(found.index + found[0].length);
  const mark = /^\uE000\d+\uE001/.exec(rest)?.[0];
  if (mark !== undefined) return fromMark(property, mark, values);
  const isFreeText =
    types.includes('string') && enumOf(property.schema).length === 0 && !isUrlProperty(property);
  const token = /^[^\s,;\uE000]+/.exec(rest)?.[0].replace(/[.!?]+$/, '') ?? '';
  const isOnlyText =
    isFreeText &&
    property.isRequired &&
    properties.filter((other) => other.isRequired).length === 1;
  // A text of its own may begin with an article; one word of many may not be one.
  const isValue = !NOT_A_VALUE.test(token) || (isOnlyText && /^(?:the|a|an)$/i.test(token));
  if (token === '' || !isValue) return undefined;
  if (isOnlyText) return rest.trim();
  return isFreeText ? token : fromToken(property, token);
}

/** The argument's name as words, and what may stand between it and its value. */
function namePattern({ name }: ToolProperty): RegExp {
  const words = splitWords(name).map((word) => word.replace(/[^\p{L}\p{N}]/gu, ''));
  const spelled = words.join('[ _-]?') || '(?!)';
  return new RegExp(
    `(?<![\\p{L}\\p{N}_-])${spelled}(?![\\p{L}\\p{N}_-])[ ]{0,2}(?:(?:is|as|of|to|set to|=|:)[ ]{0,2})?`,
    'iu',
  );
}

function fromMark(
  property: ToolProperty,
  mark: string,
  values: ClauseValues,
): JsonValue | undefined {
  const types = typesOf(property);
  if (types.includes('object') || types.includes('array')) {
    const json = values.takeMark(mark, 'json');
    if (json !== undefined) return JSON.parse(json) as JsonValue;
  }
  const takesJsonText = /json|body|data|content|document|payload/i.test(property.name);
  const kinds = takesJsonText ? [...ALL_TEXTS, 'json' as const] : ALL_TEXTS;
  const text = values.takeMark(mark, ...kinds);
  if (text === undefined || types.includes('string')) return text;
  return fromToken(property, text);
}

function fromToken(property: ToolProperty, token: string): JsonValue | undefined {
  const member = enumOf(property.schema).find(
    (value) => String(value).toLowerCase() === token.toLowerCase(),
  );
  if (member !== undefined) return member;
  const types = typesOf(property);
  const isNumeric = types.includes('number') || types.includes('integer');
  if (!isNumeric || !/^-?\d{1,15}(?:\.\d{1,15})?$/.test(token)) return undefined;
  return Number(token);
}

function isNegated(before: string): boolean {
  return /\b(?:no|not|without|don't|do not|disable)\s{1,4}(?:the\s{1,4})?$/i.test(before);
}
