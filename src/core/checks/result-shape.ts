/**
 * Result check 2, shape: an output of a tool that declares a schema is JSON of that schema.
 *
 * Without a schema an output is text, whatever it looks like, and has no shape to check.
 *
 * @module
 */

import { type Denial, deny } from '../errors/denial.ts';
import type { ToolDefinition } from '../manifest/tool-definition.ts';
import type { JsonValue } from '../primitives/json.ts';
import { parseJson } from '../primitives/parse-json.ts';
import { err, ok, type Result } from '../primitives/result.ts';
import type { SizedOutput } from './result-size.ts';
import { admitSchema } from './schema/admit-schema.ts';
import { VALUE_LIMITS, validateValue } from './schema/validate-value.ts';

export interface ShapedOutput extends SizedOutput {
  /** What the text says, where a schema describes it. */
  readonly value?: JsonValue;
}

export function checkResultShape(
  output: SizedOutput,
  tool: Pick<ToolDefinition, 'outputSchema'>,
): Result<ShapedOutput, Denial> {
  if (tool.outputSchema === undefined) return ok(output);

  const read = parseJson(output.text, VALUE_LIMITS);
  if (!read.ok) return err(deny('shape', 'output_not_json'));
  const schema = admitSchema(tool.outputSchema);
  const fits = schema.ok && validateValue(schema.value, read.value).ok;
  return fits ? ok({ ...output, value: read.value }) : err(deny('shape', 'output_schema_mismatch'));
}
