/**
 * Result check 4, label: who may have written a result, and who may read it; the whole, and those
 * of its fields that the tool vouches for.
 *
 * A result is untrusted unless its tool says that it works within a closed world and holds no
 * capability that could bring in more. Even then it is only as trusted as the turn that asked,
 * since the model chose its arguments, and as what the call has read through its host. A field that
 * the output schema vouches for is trusted by itself, and a result of such figures is so as a whole;
 * what was hidden from the model tells it nothing.
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
import type { GivenArguments } from '../provenance/given-arguments.ts';
import type { HiddenValues } from '../provenance/handle.ts';
import {
  findTrustedFields,
  isVouched,
  listLeaves,
  type TrustedFields,
  withoutDeclassified,
} from '../provenance/trusted-fields.ts';
import { admitSchema } from './schema/admit-schema.ts';

export interface Belief {
  /** Of what the call read, as its tier has seen it. */
  readonly read?: Label;
  /** Whether the policy believes the tool although it hears outsiders. */
  readonly isBelieved: boolean;
  /** Whether the policy lets the tool declassify. */
  readonly declassifies: boolean;
}

export interface LabelQuestion extends Belief {
  /** Of all that the call was made of: what the model had seen, and what its handles stand for. */
  readonly turn: Label | undefined;
  /** What the model is shown; absent if that is not the whole output, or no JSON. */
  readonly shown?: JsonValue;
  /** The handles in it, where something was hidden. */
  readonly handles?: HiddenValues;
  /** What the call was given by handles. */
  readonly given?: Pick<GivenArguments, 'byHandles'>;
}

export interface ResultLabels {
  readonly label: Label;
  readonly fields?: TrustedFields;
}

type LabelledTool = Pick<ToolDefinition, 'annotations' | 'requires' | 'outputSchema'>;

export function checkLabel(
  tool: LabelledTool,
  question: LabelQuestion,
): Result<ResultLabels, Denial> {
  const { turn, read = LOWEST_LABEL, shown, handles } = question;
  if (!isLabel(turn) || !isLabel(read)) return err(deny('label', 'unlabelled'));

  const effect = effectOf(tool.requires);
  const fields = shown === undefined ? undefined : believedFields(tool, shown, question);
  const joined = joinLabels(turn, read);
  const isClosed = tool.annotations.openWorldHint === false && !effect.hearsOutsiders;
  const own = isClosed ? joined.integrity : 'untrusted';
  const isTold = shown !== undefined && (fields !== undefined || handles !== undefined);
  const vouched = isTold
    ? joinFields({ shown, fields, handles, ofArguments: joined.integrity })
    : undefined;
  const label: Label = { ...joined, integrity: vouched ?? own };
  return ok({ label: joinRead(label, effect), ...(fields !== undefined && { fields }) });
}

/** What the tool's word is good for; nothing for a tool that can hear outsiders. */
export function credibleFields(
  tool: LabelledTool,
  { read = LOWEST_LABEL, isBelieved, declassifies }: Belief,
): TrustedFields | undefined {
  const hearsNobody = !effectOf(tool.requires).hearsOutsiders && read.integrity === 'trusted';
  const fields = hearsNobody || isBelieved ? fieldsOf(tool) : undefined;
  return declassifies ? fields : fields && withoutDeclassified(fields);
}

/** A tool knows nothing of what it was told by a handle: where it repeats that, none of its fields counts. */
function believedFields(
  tool: LabelledTool,
  shown: JsonValue,
  question: LabelQuestion,
): TrustedFields | undefined {
  const fields = credibleFields(tool, question);
  const told = question.given?.byHandles;
  if (fields === undefined || told === undefined || told.isEmpty) return fields;
  const isRepeated = [...listLeaves(shown, fields)].some(
    ({ value, integrity }) =>
      isVouched(integrity) && integrity !== 'declassified' && told.areRepeatedBy(value),
  );
  return isRepeated ? undefined : fields;
}

interface Shown {
  readonly shown: JsonValue;
  readonly fields: TrustedFields | undefined;
  readonly handles: HiddenValues | undefined;
  readonly ofArguments: Integrity;
}

/**
 * The integrity of a whole of which every leaf is vouched for, or hidden; else nothing. Words are never
 * so, but for those of a declassifier: what may be believed as a value may still be read as an
 * instruction.
 */
function joinFields({ shown, fields, handles, ofArguments }: Shown): Integrity | undefined {
  let joined: Integrity = 'trusted';
  for (const { value, integrity } of listLeaves(shown, fields)) {
    if (typeof value === 'string' && handles && Object.hasOwn(handles, value)) continue;
    if (integrity === 'declassified') continue;
    if (integrity === 'arguments') joined = ofArguments;
    else if (!isVouched(integrity) || !isFigure(value)) return undefined;
  }
  return joined;
}

/** All that its schema says, believed or not. */
export function fieldsOf({ outputSchema }: LabelledTool): TrustedFields | undefined {
  if (outputSchema === undefined) return undefined;
  const schema = admitSchema(outputSchema);
  return schema.ok ? findTrustedFields(schema.value) : undefined;
}
