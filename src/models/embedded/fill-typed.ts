/**
 * Values whose form tells which argument they belong to: URLs, paths, numbers, JSON, members of an
 * enumeration.
 *
 * @module
 */

import { isJsonObject, type JsonValue } from '../../core/primitives/json.ts';
import type { ClauseValues } from './clause-values.ts';
import { isPathProperty, isUrlProperty } from './property-purpose.ts';
import { enumOf, type ToolProperty, typesOf } from './tool-properties.ts';
import { splitWords } from './words.ts';

export function fillTyped(property: ToolProperty, values: ClauseValues): JsonValue | undefined {
  const types = typesOf(property);
  if (enumOf(property.schema).length > 0) return findMember(property, values);
  if (types.includes('string')) {
    if (isUrlProperty(property)) return values.takeLiteral('url');
    if (isPathProperty(property)) return values.takeLiteral('path');
    return /json/i.test(property.name) ? values.takeLiteral('json', 'fence') : undefined;
  }
  if (types.includes('object') || types.includes('array')) return findJson(property, values);
  return property.isRequired && (types.includes('number') || types.includes('integer'))
    ? findNumber(values)
    : undefined;
}

/** A member that the request spells out as a word: `POST` for "post it to …". */
function findMember({ schema }: ToolProperty, values: ClauseValues): JsonValue | undefined {
  const words = new Set(splitWords(values.head));
  return enumOf(schema).find(
    (value) => typeof value === 'string' && words.has(value.toLowerCase()),
  );
}

/** Only required ones are filled unasked: a JSON block rarely means an optional object. */
function findJson(property: ToolProperty, values: ClauseValues): JsonValue | undefined {
  if (!property.isRequired) return undefined;
  const text = values.takeLiteral('json');
  if (text === undefined) return undefined;
  const value = JSON.parse(text) as JsonValue;
  const type = isJsonObject(value) ? 'object' : 'array';
  return typesOf(property).includes(type) ? value : undefined;
}

/** Numbers are given out in the order in which they stand there. */
function findNumber(values: ClauseValues): number | undefined {
  const text = values.takeNumber();
  return text === undefined ? undefined : Number(text);
}
