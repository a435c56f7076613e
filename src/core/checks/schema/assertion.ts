/**
 * A keyword of a schema, compiled: a question about one value.
 *
 * @module
 */

import type { JsonObject, JsonValue } from '../../primitives/json.ts';
import { type Context, Marks } from './evaluation.ts';

/** Whether the value holds. Reports what must hold when it does not. */
export type Assertion = (value: JsonValue, context: Context) => boolean;

export interface CompiledSchema {
  /** In the order in which they are asked. */
  readonly assertions: readonly Assertion[];
  /** `unevaluated…`: asked for what the others have not marked, and only if they all hold. */
  readonly lastAssertions: readonly Assertion[];
}

/** Compiles a subschema, once for each, so that a recursive schema is a graph. */
export type Compile = (schema: JsonValue) => CompiledSchema;

/** A keyword's own assertion, from the schema that holds it. Its shape was checked on admission. */
export type KeywordCompiler = (schema: JsonObject, compile: Compile) => Assertion;

/** Whether a schema accepts a value. Marks of a schema that does not are dropped. */
export function accepts(schema: CompiledSchema, value: JsonValue, context: Context): boolean {
  const { evaluation, place } = context;
  evaluation.spend(1 + schema.assertions.length);
  const marks =
    schema.lastAssertions.length > 0 || context.marks !== undefined ? new Marks() : undefined;
  const within = marks === context.marks ? context : { evaluation, place, marks };

  let isAccepted = true;
  for (const assertion of schema.assertions) {
    if (assertion(value, within)) continue;
    isAccepted = false;
    if (!evaluation.isReporting) break;
  }
  isAccepted &&= schema.lastAssertions.every((assertion) => assertion(value, within));
  if (isAccepted && marks !== undefined) context.marks?.add(marks);
  return isAccepted;
}
