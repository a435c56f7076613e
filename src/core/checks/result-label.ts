/**
 * Result check 4, label: who may have written a result, and who may read it; the whole, and those
 * of its fields that the tool vouches for.
 *
 * A result is untrusted unless its tool says that it works within a closed world and holds no
 * capability that could bring in more. Even then it is only as trusted as the turn that asked,
 * since the model chose its arguments, and as what the call has read through its host. A field that
 * the output schema vouches for is trusted by itself, and a result of such figures is so as a whole.
 *
 * @module
 */

import { type Denial, deny } from '../errors/denial.ts';
import type { ToolDefinition } from '../manifest/tool-definition.ts';
import { effectOf, joinRead } from '../policy/flow.ts';
import { type Integrity, isLabel, joinLabels, type Label, LOWEST_LABEL } from '../policy/labels.ts';
import type { JsonValue } from '../primitives/json.ts';
import { err, ok, type Result } from '../primitives/result.ts';
import { isFigure } from '../provenance/figures.ts';
import {
  findTrustedFields,
  isVouched,
  listLeaves,
  type TrustedFields,
} from '../provenance/trusted-fields.ts';
import { admitSchema } from './schema/admit-schema.ts';

export interface LabelQuestion {
  /** Of all that the model had seen when it proposed the call. */
  readonly turn: Label | undefined;
  /** Of what the call read, as its tier has seen it. */
  readonly read?: Label;
  /** Whether the policy believes the tool although it hears outsiders. */
  readonly isBelieved: boolean;
  /** What the model is shown; absent if that is not the whole output, or no JSON. */
  readonly shown?: JsonValue;
}

export interface ResultLabels {
  readonly label: Label;
  readonly fields?: TrustedFields;
}

type LabelledTool = Pick<ToolDefinition, 'annotations' | 'requires' | 'outputSchema'>;

export function checkLabel(
  tool: LabelledTool,
  { turn, read = LOWEST_LABEL, isBelieved, shown }: LabelQuestion,
): Result<ResultLabels, Denial> {
  if (!isLabel(turn) || !isLabel(read)) return err(deny('label', 'unlabelled'));

  const effect = effectOf(tool.requires);
  const hearsNobody = !effect.hearsOutsiders && read.integrity === 'trusted';
  const fields = shown !== undefined && (hearsNobody || isBelieved) ? fieldsOf(tool) : undefined;
  const joined = joinLabels(turn, read);
  const isClosed = tool.annotations.openWorldHint === false && !effect.hearsOutsiders;
  const own = isClosed ? joined.integrity : 'untrusted';
  const vouched =
    fields === undefined || shown === undefined
      ? undefined
      : joinFields(shown, fields, joined.integrity);
  const label: Label = { ...joined, integrity: vouched ?? own };
  const labels = { label: joinRead(label, effect) };
  return ok(fields === undefined ? labels : { ...labels, fields });
}

/**
 * The integrity of a whole of which every leaf is vouched for; else nothing. Words are never so: what
 * may be believed as a value may still be read as an instruction.
 */
function joinFields(
  shown: JsonValue,
  fields: TrustedFields,
  ofArguments: Integrity,
): Integrity | undefined {
  let joined: Integrity = 'trusted';
  for (const { value, integrity } of listLeaves(shown, fields)) {
    if (integrity === 'arguments') joined = ofArguments;
    else if (!isVouched(integrity) || !isFigure(value)) return undefined;
  }
  return joined;
}

function fieldsOf({ outputSchema }: LabelledTool): TrustedFields | undefined {
  if (outputSchema === undefined) return undefined;
  const schema = admitSchema(outputSchema);
  return schema.ok ? findTrustedFields(schema.value) : undefined;
}
