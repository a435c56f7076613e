/**
 * Arguments for a tool from the words of one clause, by the tool's schema.
 *
 * Filled in this order: what is named ("method POST"), what has a type of its own (URLs, paths,
 * numbers, JSON, members of an enumeration), places within a document, and last free text. Nothing
 * is made up: an argument that the request does not hold is reported as missing.
 *
 * @module
 */

import type { OfferedTool } from '../../agent/ports.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/primitives/json.ts';
import { ClauseValues } from './clause-values.ts';
import { fillFreeText, isReference } from './fill-free-text.ts';
import type { FillSource } from './fill-source.ts';
import { fillTyped } from './fill-typed.ts';
import { findQuery } from './find-query.ts';
import { marksIn } from './literals.ts';
import { findNamedValue } from './named-value.ts';
import { isQueryProperty } from './property-purpose.ts';
import { propertiesOf, type ToolProperty, typesOf } from './tool-properties.ts';

export interface Filled {
  readonly arguments: JsonObject;
  /** Names of required arguments that the request does not hold. */
  readonly missing: readonly string[];
  /** Whether a missing argument may be what an earlier call returns. */
  readonly wantsPrevious: boolean;
}

export function fillArguments(tool: OfferedTool, source: FillSource): Filled {
  const values = new ClauseValues(source.clause, source.literals, tool.name);
  const properties = propertiesOf(tool);
  const whole = findWhole(properties, source);
  if (whole !== undefined) return { arguments: whole, missing: [], wantsPrevious: false };
  const filled: Record<string, JsonValue> = {};
  const isOpen = ({ name }: { readonly name: string }) => !Object.hasOwn(filled, name);
  const set = (name: string, value: JsonValue | undefined) => {
    if (value !== undefined) filled[name] = value;
  };

  for (const property of properties)
    set(property.name, findNamedValue(property, properties, values));
  for (const property of properties.filter(isOpen)) set(property.name, fillTyped(property, values));
  for (const property of properties.filter(isOpen)) {
    if (property.isRequired && isQueryProperty(property) && typesOf(property).includes('string')) {
      set(property.name, findQuery(values));
    }
  }
  for (const property of properties.filter(isOpen)) {
    set(property.name, fillFreeText(property, values, source));
  }
  for (const { name, schema } of properties.filter(isOpen)) {
    if (schema.default !== undefined) set(name, schema.default);
  }

  const missing = properties.filter((property) => property.isRequired && isOpen(property));
  return {
    arguments: filled,
    missing: missing.map(({ name }) => name),
    wantsPrevious: missing.length > 0 && isReference(source.clause),
  };
}

/** A JSON object that can only be all of the arguments: their names are its keys. */
function findWhole(
  properties: readonly ToolProperty[],
  { clause, literals }: FillSource,
): JsonObject | undefined {
  const marks = [...marksIn(clause.head), ...marksIn(clause.payload ?? '')];
  for (const index of marks) {
    const literal = literals[index];
    if (literal?.kind !== 'json') continue;
    const value = JSON.parse(literal.text) as JsonValue;
    if (!isJsonObject(value) || Object.keys(value).length === 0) continue;
    const isKnown = Object.keys(value).every((key) => properties.some(({ name }) => name === key));
    const isComplete = properties.every(
      ({ name, isRequired }) => !isRequired || Object.hasOwn(value, name),
    );
    if (isKnown && isComplete) return value;
  }
  return undefined;
}
