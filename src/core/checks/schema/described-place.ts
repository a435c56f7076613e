/**
 * Everything that a schema says about one place in a value, whichever branch the value matches.
 *
 * Used to find out what a member is *for* (a path, a URL), where it is better to hear of it from a
 * branch that does not apply than not at all. It decides nothing about validity.
 *
 * @module
 */

import { isJsonObject, type JsonObject, type JsonValue } from '../../primitives/json.ts';
import type { AdmittedSchema } from './admit-schema.ts';
import { listSubschemas } from './keywords.ts';
import { locateSchemas, type SchemaLocations, toTarget } from './references.ts';

const describedRoots = new WeakMap<AdmittedSchema, DescribedPlace>();

/** What a schema says about the outermost value. */
export function describe(schema: AdmittedSchema): DescribedPlace {
  const known = describedRoots.get(schema);
  if (known !== undefined) return known;
  const place = new SchemaDocument(schema).describe([schema]);
  describedRoots.set(schema, place);
  return place;
}

/** Stands for all undeclared names; no name of a member, since it is a reserved key. */
const UNDECLARED = '__proto__';

/** A place in a value; what is asked twice is computed once. */
export class DescribedPlace {
  /** The schemas that may apply here, references and combinations followed. */
  readonly schemas: readonly JsonObject[];
  /** Names of members that some schema gives, in its order. */
  readonly declared: ReadonlySet<string>;
  readonly #document: SchemaDocument;
  readonly #hasPatterns: boolean;
  readonly #longestPrefix: number;
  readonly #members = new Map<string, DescribedPlace>();
  readonly #items: DescribedPlace[] = [];

  constructor(schemas: readonly JsonObject[], document: SchemaDocument) {
    this.schemas = schemas;
    this.#document = document;
    this.declared = new Set(schemas.flatMap(({ properties }) => Object.keys(asObject(properties))));
    this.#hasPatterns = schemas.some(({ patternProperties }) => isJsonObject(patternProperties));
    this.#longestPrefix = Math.max(0, ...schemas.map(prefixLength));
  }

  /** Whether some schema names this member, rather than allowing it by a pattern or by silence. */
  declares(name: string): boolean {
    return this.declared.has(name);
  }

  member(name: string): DescribedPlace {
    // Undeclared names come from outside, endlessly; without patterns they are described alike.
    const isDeclared = this.declares(name);
    const key = isDeclared ? name : UNDECLARED;
    const isLasting = isDeclared || !this.#hasPatterns;
    const place =
      (isLasting ? this.#members.get(key) : undefined) ??
      this.#document.describe(this.schemas.flatMap((schema) => ofMember(schema, name)));
    if (isLasting) this.#members.set(key, place);
    return place;
  }

  /** What is said of all members that no schema names; where there are patterns, of some. */
  undeclared(): DescribedPlace {
    return this.member(UNDECLARED);
  }

  item(index: number): DescribedPlace {
    const distinct = Math.min(index, this.#longestPrefix); // all further items are described alike
    const place =
      this.#items[distinct] ??
      this.#document.describe(this.schemas.flatMap((schema) => ofItem(schema, distinct)));
    this.#items[distinct] = place;
    return place;
  }
}

/** The document within which references are followed. */
class SchemaDocument {
  readonly #locations: SchemaLocations;

  constructor(root: JsonObject) {
    this.#locations = locateSchemas(root);
  }

  describe(schemas: readonly JsonValue[]): DescribedPlace {
    const applied = new Set<JsonObject>();
    for (const schema of schemas) this.#collect(schema, applied);
    return new DescribedPlace([...applied], this);
  }

  #collect(schema: JsonValue | undefined, applied: Set<JsonObject>): void {
    if (!isJsonObject(schema) || applied.has(schema)) return;
    applied.add(schema);
    const target = toTarget(schema.$ref);
    if (target !== undefined) this.#collect(this.#locations.get(target), applied);
    for (const subschema of listSubschemas(schema, '')) {
      if (subschema.isInPlace) this.#collect(subschema.schema, applied);
    }
  }
}

function ofMember(schema: JsonObject, name: string): JsonValue[] {
  const found: JsonValue[] = [];
  if (hasMember(schema.properties, name)) found.push(schema.properties[name] as JsonValue);
  for (const [pattern, member] of Object.entries(asObject(schema.patternProperties))) {
    if (new RegExp(pattern, 'u').test(name)) found.push(member); // admitted, and names are short
  }
  if (found.length > 0) return found;
  return [schema.additionalProperties, schema.unevaluatedProperties].filter(isPresent);
}

function ofItem(schema: JsonObject, index: number): JsonValue[] {
  const { prefixItems, items, contains, unevaluatedItems } = schema;
  const prefix = Array.isArray(prefixItems) ? (prefixItems as readonly JsonValue[]) : [];
  const own = prefix[index] ?? items ?? unevaluatedItems;
  return [own, contains].filter(isPresent);
}

function prefixLength({ prefixItems }: JsonObject): number {
  return Array.isArray(prefixItems) ? prefixItems.length : 0;
}

function hasMember(members: JsonValue | undefined, name: string): members is JsonObject {
  return isJsonObject(members) && Object.hasOwn(members, name);
}

function asObject(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function isPresent(value: JsonValue | undefined): value is JsonValue {
  return value !== undefined;
}
