/**
 * A child of a supervisor is started: with what it was specified as, out of what the supervisor has
 * left.
 *
 * @module
 */

import { boundGrants, expandBlockGrants } from '../../core/blocks/block-grants.ts';
import {
  type BlockLimits,
  DEFAULT_BLOCK_LIMITS,
  toBlockLimits,
} from '../../core/blocks/block-limits.ts';
import type { ChildOrder } from '../../core/blocks/block-spec.ts';
import type {
  SupervisorCommand,
  SupervisorEvent,
} from '../../core/supervision/supervisor-state.ts';
import type { BlockParts } from '../user/block-parts.ts';
import { spawnChild } from '../user/spawn-child.ts';
import { type ChildLife, ownOf, type SupervisorRecord } from './supervisor-store.ts';

export interface Carrying<Command extends SupervisorCommand = SupervisorCommand> {
  readonly command: Command;
  readonly record: SupervisorRecord;
}

export interface Carried extends Partial<Pick<SupervisorRecord, 'lives' | 'alarms'>> {
  /** What the state machine has to hear at once. */
  readonly event?: SupervisorEvent;
}

type StartCommand = Extract<SupervisorCommand, { readonly do: 'start' }>;

/** Part of a transaction. A child that cannot be started is heard of as one that failed to. */
export function startChild(
  parts: BlockParts,
  { command, record }: Carrying<StartCommand>,
): Carried {
  const { name, life } = command;
  const { lives, orders, bounds } = record;
  const child = ownOf(orders, name);
  const id = parts.newBlockId();
  const last = ownOf(lives, name);
  const before = last?.after ?? last?.id;
  const failed = (code: string): Carried => ({
    lives: { ...lives, [name]: { ...last, id, life, ...(before && { after: before }) } },
    event: { kind: 'start-failed', name, life, reason: { crash: code } },
  });
  const requestId = parts.facts.alive()?.order.requestId;
  if (child === undefined || requestId === undefined) return failed('child_unknown');
  const inherit = before && { from: before, generation: life, ...lastSeqOf(last) };
  const { grants, problems } = expandBlockGrants(child.capabilities);
  if (problems.length > 0) return failed('capability');
  const bound = ownOf(bounds, name);
  const spawned = spawnChild(parts, {
    kind: 'spawn',
    link: true,
    monitor: false,
    order: {
      blockId: id,
      behavior: child.behavior,
      grants: bound === undefined ? grants : boundGrants(grants, bound),
      limits: limitsOf(child),
      budget: child.budget,
      name,
      requestId,
      supervised: true,
      ...(before !== undefined && { replaces: before }),
      // One of the same name that was removed before is another child.
      ...(child.mailbox === 'keep' && life > 1 && inherit && { inherit }),
    },
  });
  return spawned.ok ? { lives: { ...lives, [name]: { id, life } } } : failed(spawned.error.code);
}

function lastSeqOf(last: ChildLife | undefined): Pick<ChildLife, 'lastSeq'> {
  return last?.lastSeq === undefined ? {} : { lastSeq: last.lastSeq };
}

/** Of a life that leaves its messages to the next, they are there when that begins. */
function limitsOf({ limits: asked, mailbox }: ChildOrder): BlockLimits {
  const limits = toBlockLimits(asked);
  if (mailbox === 'fresh') return limits;
  const retentionMs = Math.max(limits.retentionMs, DEFAULT_BLOCK_LIMITS.retentionMs);
  return { ...limits, retentionMs };
}
