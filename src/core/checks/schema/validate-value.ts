/**
 * Whether a value is what an admitted schema describes.
 *
 * Nothing is coerced and no default is filled in. A format is asserted, although the standard lets
 * it pass as a remark. An object at the top has no members but those that the schema declares,
 * unless it says `additionalProperties` or `unevaluatedProperties`.
 *
 * @module
 */

import type { JsonValue } from '../../primitives/json.ts';
import { err, ok, type Result } from '../../primitives/result.ts';
import type { AdmittedSchema } from './admit-schema.ts';
import { accepts, type CompiledSchema } from './assertion.ts';
import { compileSchema } from './compile-schema.ts';
import { Evaluation, OutOfWork, type SchemaViolation } from './evaluation.ts';
import { findValueProblem, VALUE_MUST } from './measure-value.ts';
import { Place } from './place.ts';

/** Bounds on a value, whatever its schema says. */
export const VALUE_LIMITS = { maxBytes: 262_144, maxNodes: 10_000, maxDepth: 64 } as const;

const compiledSchemas = new WeakMap<AdmittedSchema, CompiledSchema>();

/**
 * Reports up to 16 violations at once. They quote the schema, never the value.
 *
 * @example
 * ```ts
 * validateValue(schema, { path: 7, more: true });
 * // error: [{ pointer: '', detail: 'it must have only members that its schema declares' },
 * //         { pointer: '/path', detail: 'it must be of type string' }]
 * ```
 */
export function validateValue(
  schema: AdmittedSchema,
  value: JsonValue,
): Result<void, readonly SchemaViolation[]> {
  const excess = findValueProblem(value, VALUE_LIMITS);
  if (excess !== undefined) return refuse(VALUE_MUST[excess]);

  const evaluation = new Evaluation();
  const context = { evaluation, place: Place.ROOT, marks: undefined };
  try {
    return accepts(toCompiled(schema), value, context) ? ok(undefined) : err(evaluation.violations);
  } catch (thrown) {
    if (thrown instanceof OutOfWork) return refuse('it must take less work to compare');
    throw thrown;
  }
}

function toCompiled(schema: AdmittedSchema): CompiledSchema {
  const known = compiledSchemas.get(schema);
  if (known !== undefined) return known;
  const compiled = compileSchema(schema);
  compiledSchemas.set(schema, compiled);
  return compiled;
}

function refuse(detail: string): Result<never, readonly SchemaViolation[]> {
  return err([{ pointer: '', detail }]);
}
