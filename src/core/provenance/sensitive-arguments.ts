/**
 * Which arguments of a call may not come from just anywhere, leaf by leaf.
 *
 * An input schema marks them with `x-sallyport-source`. A mark holds for all that lies within its
 * place; where several apply, the strictest holds.
 *
 * @module
 */

import type { AdmittedSchema } from '../checks/schema/admit-schema.ts';
import { ARGUMENT_SOURCES } from '../checks/schema/check-keyword.ts';
import { type DescribedPlace, describe } from '../checks/schema/described-place.ts';
import { Place } from '../checks/schema/place.ts';
import { isJsonObject, type JsonObject, type JsonValue, toPointer } from '../primitives/json.ts';

/**
 * - `principal`: his own words, or a constant of the policy.
 * - `trusted`: these, or a field that a tool vouched for.
 * - `attributed`: these, or a value in a text of an outsider that the principal has pointed to.
 * - `bounded`: a number that has at most as many digits as one of these.
 * - `links`: a text from anywhere, if its links, addresses and account codes are trusted.
 */
export type ArgumentSource = Exclude<(typeof ARGUMENT_SOURCES)[number], 'any'>;

export interface SensitiveLeaf {
  readonly value: string | number | boolean;
  readonly source: ArgumentSource;
  /** Whether its case matters. */
  readonly isExact: boolean;
  /** Where it stands, as far as names are declared. */
  readonly place: Place;
  /** A pointer to it, undeclared names included: for comparison only. */
  readonly pointer: string;
}

const MARK = 'x-sallyport-source';
const EXACT_KINDS: readonly (JsonValue | undefined)[] = ['path', 'command', 'argv'];

const marked = new WeakMap<AdmittedSchema, boolean>();

/** All texts and numbers of a call, whatever they are for. */
export function* listAll(value: JsonValue): Generator<string | number> {
  if (typeof value === 'string' || typeof value === 'number') yield value;
  else if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) yield* listAll(member);
  }
}

/** Nothing for a schema without a mark, which costs nothing. */
export function listSensitive(args: JsonObject, schema: AdmittedSchema): readonly SensitiveLeaf[] {
  if (!hasMark(schema)) return [];
  return [
    ...visit(args, {
      described: describe(schema),
      place: Place.ROOT,
      pointer: '',
      source: undefined,
    }),
  ];
}

interface Spot {
  readonly described: DescribedPlace;
  readonly place: Place;
  readonly pointer: string;
  /** Of the places around it. */
  readonly source: ArgumentSource | undefined;
}

function* visit(value: JsonValue, around: Spot): Generator<SensitiveLeaf> {
  const { described, place, pointer } = around;
  const source = strictest([around.source, ...described.schemas.map(sourceOf)]);
  if (value === null) return;
  if (typeof value !== 'object') {
    if (source !== undefined) yield { value, source, place, pointer, isExact: isExact(described) };
  } else if (isJsonObject(value)) {
    yield* visitMembers(value, { described, place, pointer, source });
  } else {
    for (const [index, item] of value.entries()) {
      yield* visit(item, {
        described: described.item(index),
        place: place.at(index),
        pointer: toPointer(pointer, index),
        source,
      });
    }
  }
}

/** A name that no schema declares was chosen by whoever wrote the call: it is a value as well. */
function* visitMembers(object: JsonObject, spot: Spot): Generator<SensitiveLeaf> {
  const { described, place, source } = spot;
  const pointerTo = (name: string) => toPointer(spot.pointer, name);
  for (const [name, member] of Object.entries(object)) {
    const isDeclared = described.declares(name);
    if (!isDeclared && source !== undefined) {
      yield { value: name, source, place: place.sealed(), pointer: pointerTo(name), isExact: true };
    }
    const within = isDeclared ? place.at(name) : place.sealed();
    const pointer = pointerTo(name);
    yield* visit(member, { described: described.member(name), place: within, pointer, source });
  }
}

/** Of several marks on one place. */
export function strictest(
  sources: readonly (ArgumentSource | undefined)[],
): ArgumentSource | undefined {
  return ARGUMENT_SOURCES.find(
    (source): source is ArgumentSource => source !== 'any' && sources.includes(source),
  );
}

/** What one schema says of its place by itself. */
export function sourceOf(schema: JsonObject): ArgumentSource | undefined {
  const stated = schema[MARK];
  return ARGUMENT_SOURCES.find(
    (source): source is ArgumentSource => source !== 'any' && source === stated,
  );
}

function isExact({ schemas }: DescribedPlace): boolean {
  return schemas.some((schema) =>
    [schema['x-sallyport-kind'], schema.format].some((kind) => EXACT_KINDS.includes(kind)),
  );
}

export function hasMark(schema: AdmittedSchema): boolean {
  const known = marked.get(schema);
  if (known !== undefined) return known;
  const has = JSON.stringify(schema).includes(MARK);
  marked.set(schema, has);
  return has;
}
