/**
 * An owner ends a block: at once, or, if it is a supervisor and not killed, after its children.
 *
 * @module
 */

import { err, ok, type Result } from '../../core/primitives/result.ts';
import type { ExitReason, RequestedExit } from '../../core/supervision/exit-reason.ts';
import { decideExit } from '../../core/supervision/exit-signal.ts';
import { tellSupervisor } from '../supervisor/run-supervisor.ts';
import { isOwner } from './act-as-block.ts';
import type { BlockActor, BlockRefusal } from './block-api.ts';
import { type BlockParts, transact } from './block-parts.ts';
import { endBlock } from './end-block.ts';
import { behaviorOf } from './present-facts.ts';
import { NOPROC, NOT_OWNED, refusal } from './refusals.ts';

export function exitFromOutside(
  parts: BlockParts,
  actor: BlockActor,
  reason: RequestedExit,
): Result<ExitReason, BlockRefusal> {
  const facts = parts.facts.alive();
  if (facts === undefined) return err(NOPROC);
  if (!isOwner(facts, actor)) return err(NOT_OWNED);
  const receiver = { trapsExits: facts.trapsExits, isLinked: false };
  const effect = decideExit({ reason, via: 'owner' }, receiver);
  if (effect.kind !== 'end') return err(refusal('conflict', 'The block does not end of this'));
  const endsInOrder = behaviorOf(facts).kind === 'supervisor' && reason !== 'kill';
  transact(parts, () => {
    if (endsInOrder) tellSupervisor(parts, facts, { kind: 'stop', reason: effect.reason });
    else endBlock(parts, effect.reason);
  });
  return ok(effect.reason);
}
