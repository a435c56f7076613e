/**
 * The keywords of JSON Schema 2020-12 as far as they mean something here.
 *
 * A keyword that is in neither table is an annotation: it is kept and ignored, as the standard has
 * it. What older drafts meant by a keyword, or what would need another document, is refused: to
 * ignore it would drop a constraint that the author relies on.
 *
 * @module
 */

import { format as PACKAGE_FORMATS } from '@cfworker/json-schema';
import { isJsonObject, type JsonObject, type JsonValue, toPointer } from '../../primitives/json.ts';

/** What a keyword's value must be. */
export type KeywordShape =
  | 'dialect'
  | 'identifier'
  | 'reference'
  | 'schema'
  | 'schema-list'
  | 'schema-map'
  | 'pattern-map'
  | 'type'
  | 'values'
  | 'value'
  | 'number'
  | 'positive-number'
  | 'count'
  | 'switch'
  | 'names'
  | 'names-map'
  | 'pattern'
  | 'format'
  | 'kind'
  | 'integrity'
  | 'source';

export const KEYWORDS: Readonly<Record<string, KeywordShape>> = {
  $schema: 'dialect',
  $id: 'identifier',
  $ref: 'reference',
  $defs: 'schema-map',
  definitions: 'schema-map', // the older name of `$defs`, still written by many generators

  type: 'type',
  const: 'value',
  enum: 'values',
  not: 'schema',
  allOf: 'schema-list',
  anyOf: 'schema-list',
  oneOf: 'schema-list',
  if: 'schema',
  // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema
  then: 'schema',
  else: 'schema',

  properties: 'schema-map',
  patternProperties: 'pattern-map',
  additionalProperties: 'schema',
  unevaluatedProperties: 'schema',
  propertyNames: 'schema',
  minProperties: 'count',
  maxProperties: 'count',
  required: 'names',
  dependentRequired: 'names-map',
  dependentSchemas: 'schema-map',

  prefixItems: 'schema-list',
  items: 'schema',
  unevaluatedItems: 'schema',
  contains: 'schema',
  minContains: 'count',
  maxContains: 'count',
  minItems: 'count',
  maxItems: 'count',
  uniqueItems: 'switch',

  minimum: 'number',
  maximum: 'number',
  exclusiveMinimum: 'number',
  exclusiveMaximum: 'number',
  multipleOf: 'positive-number',

  minLength: 'count',
  maxLength: 'count',
  pattern: 'pattern',
  format: 'format',

  'x-sallyport-kind': 'kind',
  'x-sallyport-integrity': 'integrity',
  'x-sallyport-source': 'source',
  'x-multiline': 'switch',
};

/** Refused keywords, each with what to write instead. */
export const REFUSED_KEYWORDS: Readonly<Record<string, string>> = {
  $dynamicRef: 'write "$ref"',
  $dynamicAnchor: 'write "$ref" with a JSON pointer',
  $recursiveRef: 'write "$ref"',
  $recursiveAnchor: 'write "$ref" with a JSON pointer',
  $anchor: 'write "$ref" with a JSON pointer',
  $vocabulary: 'leave it out',
  id: 'write "$id", at the top only',
  dependencies: 'write "dependentRequired" or "dependentSchemas"',
  additionalItems: 'write "items" beside "prefixItems"',
};

/** Keywords whose subschemas apply to the same value as the schema that holds them. */
const IN_PLACE: ReadonlySet<string> = new Set(
  ['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas'], //
);

/** `url` of the package is a pattern that can be hung; ours is checked by canonicalisation. */
const { url: _, ...SAFE_FORMATS } = PACKAGE_FORMATS;

/** Formats that are asserted, each with its predicate. */
export const ASSERTED_FORMATS: ReadonlyMap<string, (text: string) => boolean> = new Map(
  Object.entries(SAFE_FORMATS),
);

/** Formats that say how an argument is made canonical, or that are only noted. */
const NOTED_FORMATS: ReadonlySet<string> = new Set([
  ...['url', 'path', 'argv', 'command'],
  ...['idn-email', 'idn-hostname', 'iri', 'iri-reference'],
  // Of numbers, as OpenAPI and generators for typed languages write them.
  ...['int', 'int8', 'int16', 'int32', 'int64', 'float', 'double'],
  ...['uint', 'uint8', 'uint16', 'uint32', 'uint64'],
]);

export function isKnownFormat(name: string): boolean {
  return ASSERTED_FORMATS.has(name) || NOTED_FORMATS.has(name);
}

export interface Subschema {
  /** JSON pointer within the whole schema document. */
  readonly pointer: string;
  readonly schema: JsonValue;
  /** Whether it applies to the same value as its holder, rather than to a part of it. */
  readonly isInPlace: boolean;
}

/** The schemas that a schema holds directly. Malformed keywords hold none. */
export function listSubschemas(schema: JsonObject, pointer: string): Subschema[] {
  const found: Subschema[] = [];
  for (const keyword of Object.keys(schema)) {
    const shape = Object.hasOwn(KEYWORDS, keyword) ? KEYWORDS[keyword] : undefined;
    const operand = schema[keyword];
    const isInPlace = IN_PLACE.has(keyword);
    const at = toPointer(pointer, keyword);
    if (shape === 'schema' && operand !== undefined) {
      found.push({ pointer: at, schema: operand, isInPlace });
    } else if (shape === 'schema-list' && Array.isArray(operand)) {
      for (const [index, item] of (operand as readonly JsonValue[]).entries()) {
        found.push({ pointer: toPointer(at, index), schema: item, isInPlace });
      }
    } else if ((shape === 'schema-map' || shape === 'pattern-map') && isJsonObject(operand)) {
      for (const [name, item] of Object.entries(operand)) {
        found.push({ pointer: toPointer(at, name), schema: item, isInPlace });
      }
    }
  }
  return found;
}
