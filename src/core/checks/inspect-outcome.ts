/**
 * The result checks: what a tier returned is untrusted until it has passed all four.
 *
 * Their order is that of {@link inspectOutcome}: size, shape, content, label. The first denial
 * stops, and what cannot be inspected is not passed on. What passes and is not for the model's eyes is
 * hidden from it before the label is found.
 *
 * @module
 */

import type { ToolOutcome, ToolResult } from '../conversation/tool-result.ts';
import { type Denial, deny } from '../errors/denial.ts';
import type { ToolDefinition } from '../manifest/tool-definition.ts';
import { isLabel, joinLabels, type Label } from '../policy/labels.ts';
import type { Policy } from '../policy/policy.ts';
import { ok, type Result } from '../primitives/result.ts';
import type { GivenArguments } from '../provenance/given-arguments.ts';
import type { KnownValues } from '../scan/known-values.ts';
import { checkContent, type InspectedContent } from './result-content.ts';
import { hideContent } from './result-hiding.ts';
import { checkLabel, type LabelQuestion } from './result-label.ts';
import { checkResultShape, type ShapedOutput } from './result-shape.ts';
import { checkSize } from './result-size.ts';

export interface InspectContext {
  /** As in the snapshot under which the call was approved. */
  readonly tool: ToolDefinition;
  /** Of the turn, when the call was proposed. */
  readonly label: Label;
  /** Of the call, with what its handles stand for; that of the turn if absent. */
  readonly ofCall?: Label;
  readonly policy: Pick<Policy, 'limits' | 'scan' | 'flow'>;
  /** The workspace's own secrets, which no result may show. */
  readonly known?: KnownValues;
  /** What the call was given. */
  readonly given?: GivenArguments;
  /** Names the handles of what a model is not to read; absent where none will read it. */
  readonly toHandle?: (place: number) => string;
}

type Finished = Extract<ToolOutcome, { readonly kind: 'ok' }>;
type Failed = Extract<ToolOutcome, { readonly kind: 'failed' }>;

export function inspectOutcome(
  outcome: Finished,
  { tool, label, ofCall, policy, known, given, toHandle }: InspectContext,
): Result<ToolResult, Denial> {
  const sized = checkSize(outcome.output, policy.limits.maxResultChars);
  if (!sized.ok) return sized;
  const shaped = checkResultShape(sized.value, tool);
  if (!shaped.ok) return shaped;
  const inspected = checkContent(shaped.value, { policy, ...(known && { known }) });
  if (!inspected.ok) return inspected;
  const question = {
    turn: ofCall === undefined ? label : joinLabels(label, ofCall),
    ...(outcome.label !== undefined && { read: outcome.label }),
    isBelieved: policy.flow.believed.includes(tool.name),
    declassifies: mayDeclassify(tool, label, policy),
    ...(given && { given }),
    ...findShown(inspected.value, shaped.value),
  };
  const { content } = inspected.value;
  const isOpaque = policy.flow.opaque.includes(tool.name);
  const hidden = toHandle && hideContent(tool, { ...question, content, isOpaque, toHandle });
  const labelled = checkLabel(tool, { ...question, ...hidden });
  if (!labelled.ok) return labelled;

  const receipt = outcome.receipt === undefined ? {} : { receipt: outcome.receipt };
  const shown = hidden && { content: hidden.content, handles: hidden.handles };
  return ok({ ...inspected.value, ...shown, ...labelled.value, cost: outcome.cost, ...receipt });
}

/** Who is led by an outsider asks until he gets the answer that he wants. */
function mayDeclassify(
  { name, pure }: ToolDefinition,
  label: Label,
  { flow }: InspectContext['policy'],
): boolean {
  const isLed = !isLabel(label) || label.integrity !== 'trusted';
  return pure === true && !isLed && flow.declassifiers.includes(name);
}

/** What has a schema, and was neither cut nor redacted, is the JSON that the schema describes. */
function findShown(
  { content }: InspectedContent,
  { text, value }: ShapedOutput,
): Pick<LabelQuestion, 'shown'> {
  return value === undefined || content !== text ? {} : { shown: value };
}

/** What a tier reports of a call that did not finish, as a denial of check 7. */
export function denialOf({ reason, retryAfterMs }: Failed): Denial {
  return deny('dispatch', reason, retryAfterMs === undefined ? {} : { retryAfterMs });
}
