/**
 * How far a human's yes goes while the call runs: he has approved what its tool says that it reads,
 * and not what it comes to read besides.
 *
 * @module
 */

import type { Authority } from '../../core/policy/authority.ts';
import { findTool } from '../../core/policy/authority-index.ts';
import { effectOf, PRIVATE_LABEL } from '../../core/policy/flow.ts';
import { joinLabels, type Label } from '../../core/policy/labels.ts';
import type { CallProgress } from './call-progress.ts';

/** The highest label that the call was approved for; nothing if nobody has approved it. */
export function approvedLabelOf(
  { started }: CallProgress,
  authority: Authority,
): Label | undefined {
  if (started?.approval === undefined) return undefined;
  const { label, tool } = started.claims;
  const requires = findTool(authority, tool)?.tool.requires ?? [];
  return effectOf(requires).readsPrivate ? joinLabels(label, PRIVATE_LABEL) : label;
}

/** Whether what was read adds nothing to what was approved. */
export function isWithin(label: Label, approved: Label): boolean {
  const joined = joinLabels(label, approved);
  return (
    joined.integrity === approved.integrity && joined.confidentiality === approved.confidentiality
  );
}
