/**
 * Between the content of a result and its label: what no model is to read is put behind handles.
 *
 * What is hidden, the schema says (`opaque`), or the policy for a whole tool. Where a result is not the
 * JSON that its schema describes, nobody can tell which part of it is which: all of it is hidden.
 *
 * @module
 */

import type { ToolDefinition } from '../manifest/tool-definition.ts';
import { effectOf, joinRead } from '../policy/flow.ts';
import type { FlowRules } from '../policy/flow-rules.ts';
import { HIGHEST_LABEL, isLabel, joinLabels, type Label, LOWEST_LABEL } from '../policy/labels.ts';
import type { JsonValue } from '../primitives/json.ts';
import type { GivenArguments } from '../provenance/given-arguments.ts';
import { isHandle } from '../provenance/handle.ts';
import {
  type Hidden,
  type Hiding,
  hideValues,
  hideWhole,
  marksOpaque,
} from '../provenance/hide-values.ts';
import { type FieldIntegrity, isVouched } from '../provenance/trusted-fields.ts';
import { type Belief, credibleFields, fieldsOf } from './result-label.ts';

export interface HidingQuestion extends Belief {
  /** As in the question about its label. */
  readonly turn: Label | undefined;
  /** Whether the policy calls the tool opaque. */
  readonly isOpaque: boolean;
  /** What the model would be shown. */
  readonly content: string;
  /** The same as JSON, where it is the JSON that the schema describes. */
  readonly shown?: JsonValue;
  readonly given?: GivenArguments;
  readonly toHandle: (place: number) => string;
}

/** Content with handles in it. */
export interface HiddenContent extends Hidden {
  readonly content: string;
}

type HidingTool = Pick<ToolDefinition, 'annotations' | 'requires' | 'outputSchema'>;

/** Whether some of what the tool answers is not for a model's eyes. */
export function hidesContent(
  tool: Pick<ToolDefinition, 'name'> & HidingTool,
  { opaque }: Pick<FlowRules, 'opaque'>,
): boolean {
  return opaque.includes(tool.name) || marksOpaque(fieldsOf(tool));
}

/** Nothing if all of it may be read. */
export function hideContent(tool: HidingTool, question: HidingQuestion): HiddenContent | undefined {
  const fields = fieldsOf(tool);
  const { isOpaque, shown, content } = question;
  if (!isOpaque && !marksOpaque(fields)) return undefined;
  const hiding: Hiding = {
    fields,
    what: isOpaque ? 'all' : 'marked',
    isVouched: vouchingOf(tool, question),
    label: labelOfHidden(tool, question),
    toHandle: question.toHandle,
  };
  const isDescribed = shown !== undefined && fields !== undefined;
  return toContent(isDescribed ? hideValues(shown, hiding) : hideWhole(shown ?? content, hiding));
}

/** A single handle is not written as JSON: it would be read with its quotation marks. */
function toContent(hidden: Hidden): HiddenContent {
  const { shown } = hidden;
  const isOne = typeof shown === 'string' && isHandle(shown);
  return { ...hidden, content: isOne ? shown : JSON.stringify(shown) };
}

/** A hidden value cannot be compared any more with what the call was told, so it is compared now. */
function vouchingOf(tool: HidingTool, question: HidingQuestion): Hiding['isVouched'] {
  const isCredible = credibleFields(tool, question) !== undefined;
  const { turn, given, declassifies } = question;
  const told = given?.all();
  return (integrity: FieldIntegrity | undefined, value: JsonValue) => {
    if (!isCredible || typeof value === 'object' || !isVouched(integrity)) return false;
    if (integrity === 'declassified') return declassifies;
    if (integrity === 'arguments') return turn?.integrity === 'trusted';
    return told !== undefined && !told.areRepeatedBy(value);
  };
}

function labelOfHidden(
  { requires }: HidingTool,
  { turn, read = LOWEST_LABEL }: HidingQuestion,
): Label {
  const joined = isLabel(turn) && isLabel(read) ? joinLabels(turn, read) : HIGHEST_LABEL;
  return { ...joinRead(joined, effectOf(requires)), integrity: 'untrusted' };
}
