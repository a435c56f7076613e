/**
 * The arguments of a tool as its schema declares them, as far as the planner can fill them.
 *
 * @module
 */

import type { OfferedTool } from '../../agent/ports.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/primitives/json.ts';

export interface ToolProperty {
  readonly name: string;
  readonly schema: JsonObject;
  readonly isRequired: boolean;
}

/** Required ones first, each group in the order of the schema. */
export function propertiesOf(tool: OfferedTool): readonly ToolProperty[] {
  const { properties, required } = tool.inputSchema;
  if (!isJsonObject(properties)) return [];
  const names = Array.isArray(required) ? required : [];
  const all = Object.entries(properties).map(([name, schema]) => ({
    name,
    schema: isJsonObject(schema) ? schema : {},
    isRequired: names.includes(name),
  }));
  return [
    ...all.filter(({ isRequired }) => isRequired),
    ...all.filter(({ isRequired }) => !isRequired),
  ];
}

/** The JSON types that a property may have; all of them where the schema does not say. */
export function typesOf({ schema }: ToolProperty): readonly string[] {
  const { type } = schema;
  if (typeof type === 'string') return [type];
  if (Array.isArray(type)) return type.filter((item) => typeof item === 'string');
  if (enumOf(schema).length > 0) return ['string'];
  return ['string', 'number', 'integer', 'boolean', 'object', 'array'];
}

export function enumOf(schema: JsonObject): readonly JsonValue[] {
  if (Array.isArray(schema.enum)) return schema.enum;
  return schema.const === undefined ? [] : [schema.const];
}
