/**
 * Which fields of a result its tool vouches for: ids that the system made, balances, addresses of
 * its own book. What no schema names is untrusted.
 *
 * An output schema marks such a place, and all that lies within, with `x-sallyport-integrity`; where
 * several marks apply, the most cautious holds:
 * `trusted`, `author` for a trusted one that says who wrote its object, `arguments` for what a pure
 * function made of its arguments, which is as trusted as they were, `requested` for the content of
 * what the arguments name, which stays untrusted, `opaque` for what no model is to read, or
 * `declassified` for one of a few answers that a pure tool gives about what outsiders wrote. The
 * fields are kept with each result as a small tree, as they were declared when it was made.
 *
 * @module
 */

import type { AdmittedSchema } from '../checks/schema/admit-schema.ts';
import { FIELD_INTEGRITIES } from '../checks/schema/check-keyword.ts';
import { type DescribedPlace, describe } from '../checks/schema/described-place.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../primitives/json.ts';

export type FieldIntegrity = (typeof FIELD_INTEGRITIES)[number];

/** A `type`, so that it is a `JsonObject`: it is journaled with its result. */
export type TrustedFields =
  | FieldIntegrity
  | {
      /** By declared name. `null` is a declared member that is untrusted. */
      readonly members?: { readonly [name: string]: TrustedFields | null };
      /** Of members whose names are not declared. */
      readonly others?: TrustedFields;
      /** Of the names of members that are not declared. */
      readonly names?: FieldIntegrity;
      readonly items?: TrustedFields;
    };

/** Deepest place, and most places, that are vouched for in one schema. */
const MAX_DEPTH = 8;
const MAX_PLACES = 512;

/** The leaves of a result, as texts: a value of a field, or a name that is itself a value. */
export interface ResultLeaf {
  readonly value: string | number | boolean;
  /** Nothing for what is untrusted. */
  readonly integrity: FieldIntegrity | undefined;
}

const known = new WeakMap<AdmittedSchema, { readonly fields: TrustedFields | undefined }>();

/** What an output schema vouches for; nothing if it vouches for nothing. */
export function findTrustedFields(schema: AdmittedSchema): TrustedFields | undefined {
  const cached = known.get(schema);
  if (cached !== undefined) return cached.fields;
  const fields = new SchemaWalk(schema).visit(describe(schema), { depth: 0, around: undefined });
  known.set(schema, { fields });
  return fields;
}

/** All leaves of a value, each with what is said of it. */
export function* listLeaves(
  value: JsonValue,
  fields: TrustedFields | undefined,
): Generator<ResultLeaf> {
  if (value === null) return;
  if (typeof value !== 'object') {
    yield { value, integrity: typeof fields === 'string' ? fields : undefined };
  } else if (!isJsonObject(value)) {
    for (const item of value) yield* listLeaves(item, itemOf(fields));
  } else {
    const ofNames = typeof fields === 'string' ? fields : fields?.names;
    for (const [name, member] of Object.entries(value)) {
      if (!isDeclared(fields, name)) yield { value: name, integrity: ofNames };
      yield* listLeaves(member, memberOf(fields, name));
    }
  }
}

/** What is said of a member, declared or not. */
export function memberOf(
  fields: TrustedFields | null | undefined,
  name: string,
): TrustedFields | undefined {
  if (typeof fields === 'string') return fields;
  if (fields === null || fields === undefined) return undefined;
  return isDeclared(fields, name) ? (fields.members?.[name] ?? undefined) : fields.others;
}

/** What is said of every item. */
export function itemOf(fields: TrustedFields | undefined): TrustedFields | undefined {
  return typeof fields === 'string' ? fields : fields?.items;
}

/** Whether a schema gives the member its name. */
export function isDeclared(fields: TrustedFields | undefined, name: string): boolean {
  return typeof fields === 'object' && Object.hasOwn(fields.members ?? {}, name);
}

/** Whether a leaf may be trusted for what its schema says of it. */
export function isVouched(integrity: FieldIntegrity | undefined): boolean {
  return integrity !== undefined && integrity !== 'requested' && integrity !== 'opaque';
}

/** What is said by somebody whom nobody has asked to declassify. */
export function withoutDeclassified(fields: TrustedFields): TrustedFields | undefined {
  if (typeof fields === 'string') return fields === 'declassified' ? undefined : fields;
  const { members, others, names, items } = fields;
  const strip = (within: TrustedFields | undefined) => within && withoutDeclassified(within);
  const kept = { others: strip(others), items: strip(items) };
  return {
    ...(members && {
      members: Object.fromEntries(
        Object.entries(members).map(([name, member]) => [name, strip(member ?? undefined) ?? null]),
      ),
    }),
    ...(kept.others !== undefined && { others: kept.others }),
    ...(names !== undefined && names !== 'declassified' && { names }),
    ...(kept.items !== undefined && { items: kept.items }),
  };
}

/** From what must not be read at all to what may even be read as an instruction. */
const MOST_CAUTIOUS_FIRST: readonly FieldIntegrity[] = [
  'opaque',
  'requested',
  'arguments',
  'trusted',
  'author',
  'declassified',
];

function mostCautious(marks: readonly (FieldIntegrity | undefined)[]): FieldIntegrity | undefined {
  return MOST_CAUTIOUS_FIRST.find((mark) => marks.includes(mark));
}

/** What no text of a schema without a mark holds. */
const OPAQUE = '"opaque"';

/** Of a schema, what speaks of members and items that are not told apart here. */
function unclearIn(schema: JsonObject): JsonValue {
  const { patternProperties, additionalProperties, prefixItems, items } = schema;
  const { contains, unevaluatedProperties, unevaluatedItems } = schema;
  const members = patternProperties && [patternProperties, additionalProperties ?? null];
  const places = prefixItems && [prefixItems, items ?? null];
  const others = [members, places, contains, unevaluatedProperties, unevaluatedItems];
  return others.map((said) => said ?? null);
}

/** A place, how deep it lies, and what is said of the places around it. */
interface Spot {
  readonly depth: number;
  readonly around: FieldIntegrity | undefined;
}

class SchemaWalk {
  #places = 0;
  readonly #hidesNothing: boolean;

  constructor(schema: AdmittedSchema) {
    this.#hidesNothing = !JSON.stringify(schema).includes(OPAQUE);
  }

  visit(place: DescribedPlace, { depth, around }: Spot): TrustedFields | undefined {
    this.#places += 1;
    if (depth > MAX_DEPTH || this.#places > MAX_PLACES) {
      return around === 'opaque' || this.#mayHide(place.schemas) ? 'opaque' : undefined;
    }
    const unclear = this.#mayHide(place.schemas.map(unclearIn)) ? 'opaque' : undefined;
    const own = mostCautious([around, unclear, ...place.schemas.map(integrityOf)]);
    const within = { depth: depth + 1, around: own };
    const fields = { ...this.#ofMembers(place, within), ...this.#ofItems(place, within) };
    if (own === undefined) return Object.keys(fields).length === 0 ? undefined : fields;
    return isAll(fields, own) ? own : { others: own, names: own, items: own, ...fields };
  }

  /** Whether what some schemas say holds a mark, or may lead to one. */
  #mayHide(said: JsonValue): boolean {
    if (this.#hidesNothing) return false;
    const text = JSON.stringify(said);
    return text.includes(OPAQUE) || text.includes('"$ref"');
  }

  #ofMembers(place: DescribedPlace, within: Spot) {
    const members = [...place.declared].map(
      (name) => [name, this.visit(place.member(name), within) ?? null] as const,
    );
    // A pattern may name what this calls undeclared: then nothing is said of the others.
    const hasPatterns = place.schemas.some(({ patternProperties }) => patternProperties);
    const isOpen = place.schemas.some(({ additionalProperties: more }) => isJsonObject(more));
    const others = isOpen && !hasPatterns ? this.visit(place.undeclared(), within) : undefined;
    const names = mostCautious([
      within.around,
      ...place.schemas.map(({ propertyNames }) => integrityOf(propertyNames)),
    ]);
    return {
      ...(members.length > 0 && { members: Object.fromEntries(members) }),
      ...(others !== undefined && { others }),
      ...(names !== undefined && { names }),
    };
  }

  #ofItems(place: DescribedPlace, within: Spot) {
    const isTuple = place.schemas.some(({ prefixItems }) => prefixItems !== undefined);
    const isList = !isTuple && place.schemas.some(({ items }) => isJsonObject(items));
    const items = isList ? this.visit(place.item(0), within) : undefined;
    return items === undefined ? {} : { items };
  }
}

/** Whether nothing within a place is said to be otherwise than the place itself. */
function isAll(fields: Exclude<TrustedFields, string>, own: FieldIntegrity): boolean {
  const { members = {}, others = own, names = own, items = own } = fields;
  return [...Object.values(members), others, names, items].every((said) => said === own);
}

function integrityOf(schema: JsonValue | undefined): FieldIntegrity | undefined {
  const stated = isJsonObject(schema) ? schema['x-sallyport-integrity'] : undefined;
  return FIELD_INTEGRITIES.find((integrity) => integrity === stated);
}
