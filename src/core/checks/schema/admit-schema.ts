/**
 * The admission check for JSON Schemas: a stranger wrote them, and any validator can be hung by one.
 *
 * What is admitted is JSON Schema 2020-12 without dynamic and remote references, bounded in size,
 * whose evaluation on any value makes progress, and whose patterns run in bounded time.
 *
 * @module
 */

import { isJsonObject, type JsonObject, type JsonValue, toPointer } from '../../primitives/json.ts';
import { err, ok, type Result } from '../../primitives/result.ts';
import { findKeywordProblem } from './check-keyword.ts';
import { KEYWORDS, listSubschemas, REFUSED_KEYWORDS } from './keywords.ts';
import { findValueProblem, VALUE_MUST } from './measure-value.ts';
import { findReferenceProblems, type SchemaLocations } from './references.ts';

declare const admitted: unique symbol;

/** A schema that passed {@link admitSchema}: deeply frozen, and not the object that was given. */
export type AdmittedSchema = JsonObject & { readonly [admitted]: true };

/** Safe to show to the schema's author, whom it quotes. */
export interface SchemaProblem {
  /** JSON pointer within the schema. */
  readonly pointer: string;
  readonly detail: string;
}

/** Bounds on the schema as a document. */
export const SCHEMA_LIMITS = { maxBytes: 65_536, maxNodes: 10_000, maxDepth: 64 } as const;

/** Most schemas in one document, subschemas included. */
export const MAX_SUBSCHEMAS = 2_000;

/** Most items of a list whose items must differ: each is compared with each. */
export const MAX_UNIQUE_ITEMS = 256;

/** Most problems that are reported at once. */
const MAX_PROBLEMS = 50;

const remembered = new WeakMap<object, Result<AdmittedSchema, readonly SchemaProblem[]>>();

/**
 * Admits a schema, or reports all that is wrong with it. The answer is remembered by the identity
 * of the object, which must not be changed afterwards.
 *
 * @example
 * ```ts
 * admitSchema({ type: 'string', pattern: '^(a+)+$' });
 * // error: [{ pointer: '/pattern', detail: 'it must be a pattern that is safe to run: …' }]
 * ```
 */
export function admitSchema(schema: unknown): Result<AdmittedSchema, readonly SchemaProblem[]> {
  if (typeof schema !== 'object' || schema === null) return refuse('must be an object');
  const known = remembered.get(schema);
  if (known !== undefined) return known;
  const answer = admit(schema);
  remembered.set(schema, answer);
  return answer;
}

function admit(schema: object): Result<AdmittedSchema, readonly SchemaProblem[]> {
  const excess = findValueProblem(schema, SCHEMA_LIMITS);
  if (excess !== undefined) return err([{ pointer: '', detail: VALUE_MUST[excess] }]);
  const copy = freezeCopy(schema as JsonValue);
  if (!isJsonObject(copy)) return refuse('must be an object');

  const survey = new SchemaSurvey();
  survey.visit(copy, '');
  return survey.problems.length === 0 ? ok(copy as AdmittedSchema) : err(survey.problems);
}

function refuse(must: string): Result<never, readonly SchemaProblem[]> {
  return err([{ pointer: '', detail: `it ${must}` }]);
}

/** Visits every schema of a document once, and collects what is wrong with it. */
class SchemaSurvey {
  readonly #problems: SchemaProblem[] = [];
  readonly #locations = new Map<string, JsonValue>();

  get problems(): readonly SchemaProblem[] {
    if (this.#locations.size > MAX_SUBSCHEMAS) {
      return [{ pointer: '', detail: `it must hold at most ${MAX_SUBSCHEMAS} schemas` }];
    }
    const found = [...this.#problems, ...toProblems(this.#locations)];
    return found.slice(0, MAX_PROBLEMS);
  }

  visit(schema: JsonValue, pointer: string): void {
    if (this.#locations.size > MAX_SUBSCHEMAS) return;
    this.#locations.set(pointer, schema);
    if (!isJsonObject(schema)) return;
    for (const [keyword, operand] of Object.entries(schema)) {
      this.#visitKeyword(keyword, operand, pointer);
    }
    if (pointer !== '' && schema.$id !== undefined) this.#report(pointer, '$id', 'be at the top');
    this.#visitUniqueItems(schema, pointer);
    for (const subschema of listSubschemas(schema, pointer)) {
      this.visit(subschema.schema, subschema.pointer);
    }
  }

  #visitKeyword(keyword: string, operand: JsonValue, pointer: string): void {
    if (Object.hasOwn(REFUSED_KEYWORDS, keyword)) {
      this.#report(pointer, keyword, `not be there: ${REFUSED_KEYWORDS[keyword]}`);
    } else if (Object.hasOwn(KEYWORDS, keyword)) {
      const shape = KEYWORDS[keyword];
      const must = shape && findKeywordProblem(shape, operand);
      if (must !== undefined) this.#report(pointer, keyword, must);
    }
  }

  #visitUniqueItems({ uniqueItems, maxItems }: JsonObject, pointer: string): void {
    const isBounded = typeof maxItems === 'number' && maxItems <= MAX_UNIQUE_ITEMS;
    if (uniqueItems !== true || isBounded) return;
    this.#report(pointer, 'uniqueItems', `be beside "maxItems" of at most ${MAX_UNIQUE_ITEMS}`);
  }

  #report(pointer: string, keyword: string, must: string): void {
    this.#problems.push({ pointer: toPointer(pointer, keyword), detail: `it must ${must}` });
  }
}

function toProblems(locations: SchemaLocations): SchemaProblem[] {
  const problems = findReferenceProblems(locations);
  return [...problems].map(([pointer, must]) => ({ pointer, detail: `it ${must}` }));
}

function freezeCopy(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (!isJsonObject(value)) return Object.freeze(value.map(freezeCopy));
  const members = Object.entries(value).map(([key, member]) => [key, freezeCopy(member)] as const);
  return Object.freeze(Object.fromEntries(members));
}
