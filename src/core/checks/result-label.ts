/**
 * Result check 4, label: who may have written a result, and who may read it.
 *
 * A result is untrusted unless its tool says that it works within a closed world and holds no
 * capability that could bring in more. Even then it is only as trusted as the turn that asked,
 * since the model chose its arguments, and as what the call has read through its host.
 *
 * @module
 */

import { type Denial, deny } from '../errors/denial.ts';
import type { ToolDefinition } from '../manifest/tool-definition.ts';
import { effectOf, PRIVATE_LABEL } from '../policy/flow.ts';
import { isLabel, joinLabels, type Label, LOWEST_LABEL } from '../policy/labels.ts';
import { err, ok, type Result } from '../primitives/result.ts';

/**
 * `turn` is the label of all that the model had seen when it proposed the call, and `read` that of
 * what the call read, as its tier has seen it.
 */
export function checkLabel(
  turn: Label | undefined,
  tool: Pick<ToolDefinition, 'annotations' | 'requires'>,
  read: Label = LOWEST_LABEL,
): Result<Label, Denial> {
  if (!isLabel(turn) || !isLabel(read)) return err(deny('label', 'unlabelled'));

  const effect = effectOf(tool.requires);
  const isClosed = tool.annotations.openWorldHint === false && !effect.hearsOutsiders;
  const written: Label = isClosed ? turn : { ...turn, integrity: 'untrusted' };
  const label = joinLabels(written, read);
  return ok(effect.readsPrivate ? joinLabels(label, PRIVATE_LABEL) : label);
}
