/**
 * Children that are added to a supervisor, started again by hand, or taken away.
 *
 * @module
 */

import { err, ok, type Result } from '../../core/primitives/result.ts';
import { addChild, hasChild, tellSupervisor } from '../supervisor/run-supervisor.ts';
import { requireCapability } from './act-as-block.ts';
import type { BlockActor, BlockRefusal, ChildChange } from './block-api.ts';
import { type BlockParts, transact } from './block-parts.ts';
import { refusal } from './refusals.ts';

export async function changeChildren(
  parts: BlockParts,
  actor: BlockActor,
  change: ChildChange,
): Promise<Result<true, BlockRefusal>> {
  const allowed = await requireCapability(parts, actor, 'block:supervise');
  if (!allowed.ok) return allowed;
  const facts = allowed.value;
  if (change.kind === 'add') return transact(parts, () => addChild(parts, facts, change.child));
  if (!hasChild(parts, change.name)) {
    return err(refusal('noproc', 'The supervisor has no child of this name'));
  }
  transact(parts, () => tellSupervisor(parts, facts, change));
  return ok(true);
}
