/**
 * A behaviour spawns a child: with the block's own capabilities as the bound, as everybody does.
 *
 * @module
 */

import { expandBlockGrants } from '../../core/blocks/block-grants.ts';
import { toBlockLimits } from '../../core/blocks/block-limits.ts';
import type { Effect } from '../../core/blocks/effect.ts';
import type { Label } from '../../core/policy/labels.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import { performAct } from './act-as-block.ts';
import type { BlockParts } from './block-parts.ts';
import type { BlockFacts } from './facts-store.ts';
import { answerBlock } from './request-store.ts';

type SpawnEffect = Extract<Effect, { readonly type: 'spawn' }>;

interface Spawning {
  readonly facts: BlockFacts;
  readonly label: Label;
  readonly requestId: string;
}

/** Part of a transaction. The answer is the child's id, or why there is none. */
export function spawnByEffect(
  parts: BlockParts,
  effect: SpawnEffect,
  { facts, label, requestId }: Spawning,
): void {
  const answer = spawn(parts, effect, { facts, requestId });
  answerBlock(parts, { ref: effect.ref, answer, label, requestId });
}

function spawn(
  parts: BlockParts,
  { block, link, monitor }: SpawnEffect,
  { facts, requestId }: Pick<Spawning, 'facts' | 'requestId'>,
): JsonObject {
  const { grants, problems } = expandBlockGrants(block.capabilities);
  if (problems.length > 0) return { failed: 'invalid_body' };
  const order = {
    blockId: parts.newBlockId(),
    behavior: block.behavior,
    grants,
    limits: toBlockLimits(block.limits),
    budget: block.budget,
    requestId,
  };
  const done = performAct(parts, facts, { kind: 'spawn', order, link, monitor });
  if (!done.ok) return { failed: done.error.code };
  if (done.value.kind !== 'spawned') return { failed: 'internal' };
  const { id, ref } = done.value;
  return { id, ...(ref !== undefined && { monitor: ref }) };
}
