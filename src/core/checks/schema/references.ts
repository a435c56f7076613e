/**
 * Where `$ref` leads, and what following it costs.
 *
 * A reference is a JSON pointer to another schema of the same document. Following references and
 * combinations must get somewhere: a schema that leads back to itself for the same value would
 * never end, and one that doubles at each step would never end in practice.
 *
 * @module
 */

import { isJsonObject, type JsonValue } from '../../primitives/json.ts';
import { listSubschemas } from './keywords.ts';

/** Most schemas that may apply to one and the same value. */
export const MAX_APPLIED = 512;

/** Most schemas one within the other for the same value, so that no evaluation runs out of stack. */
export const MAX_APPLIED_DEPTH = 24;

/** All schemas of a document by their JSON pointer. */
export type SchemaLocations = ReadonlyMap<string, JsonValue>;

/** Those of a document that was admitted, so that none lies too deep. */
export function locateSchemas(root: JsonValue): SchemaLocations {
  const locations = new Map<string, JsonValue>();
  const add = (schema: JsonValue, pointer: string): void => {
    locations.set(pointer, schema);
    if (!isJsonObject(schema)) return;
    for (const part of listSubschemas(schema, pointer)) add(part.schema, part.pointer);
  };
  add(root, '');
  return locations;
}

/**
 * The JSON pointer that a reference stands for, or nothing if it is none. Percent-encoding is
 * undone, since a reference is a URI fragment (RFC 6901 §6).
 */
export function toTarget(reference: JsonValue | undefined): string | undefined {
  if (typeof reference !== 'string' || !/^#(?:\/|$)/.test(reference)) return undefined;
  try {
    return decodeURIComponent(reference.slice(1));
  } catch {
    return undefined;
  }
}

/** Pointers of schemas from which evaluation would not end, each with what must hold there. */
export function findReferenceProblems(locations: SchemaLocations): Map<string, string> {
  const search = new ReferenceSearch(locations);
  for (const pointer of locations.keys()) search.weigh(pointer);
  return search.problems;
}

interface Weight {
  readonly applied: number;
  readonly depth: number;
}

const NOTHING: Weight = { applied: 0, depth: 0 };

class ReferenceSearch {
  readonly problems = new Map<string, string>();
  readonly #locations: SchemaLocations;
  readonly #weights = new Map<string, Weight | 'open'>();

  constructor(locations: SchemaLocations) {
    this.#locations = locations;
  }

  /** How many schemas apply to a value to which this one applies. Each is weighed once. */
  weigh(pointer: string): Weight {
    const known = this.#weights.get(pointer);
    if (known === 'open') {
      this.problems.set(pointer, 'must not lead back to itself for the same value');
      return NOTHING;
    }
    if (known !== undefined) return known;

    this.#weights.set(pointer, 'open');
    let applied = 1;
    let depth = 0;
    for (const next of this.#inPlace(pointer)) {
      const weight = this.weigh(next);
      applied = Math.min(applied + weight.applied, MAX_APPLIED + 1);
      depth = Math.max(depth, weight.depth);
    }
    const weight = { applied, depth: depth + 1 };
    this.#weights.set(pointer, weight);
    this.#judge(pointer, weight);
    return weight;
  }

  #judge(pointer: string, { applied, depth }: Weight): void {
    if (applied > MAX_APPLIED) {
      this.problems.set(pointer, `must apply at most ${MAX_APPLIED} schemas to one value`);
    } else if (depth > MAX_APPLIED_DEPTH) {
      this.problems.set(pointer, `must nest at most ${MAX_APPLIED_DEPTH} schemas for one value`);
    }
  }

  #inPlace(pointer: string): string[] {
    const schema = this.#locations.get(pointer);
    if (!isJsonObject(schema)) return [];
    const held = listSubschemas(schema, pointer).filter(({ isInPlace }) => isInPlace);
    const pointers = held.map((subschema) => subschema.pointer);
    const target = toTarget(schema.$ref);
    if (target === undefined) return pointers;
    if (this.#locations.has(target)) return [...pointers, target];
    this.problems.set(pointer, 'must hold a "$ref" that points to a schema of this document');
    return pointers;
  }
}
