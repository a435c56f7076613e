/**
 * Another behaviour for a block that goes on living: between two messages, with its mailbox, its
 * relations and its capabilities as they are.
 *
 * State, behaviour and version change in one transaction. If anything is in the way, the old behaviour
 * goes on as if nothing had been asked, and that is on the record.
 *
 * @module
 */

import { bodyBytes } from '../../core/blocks/block-body.ts';
import type { Behavior } from '../../core/blocks/block-spec.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { findObjection } from '../../core/policy/authorize.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { findUpgradeObjection, upgradeSupervisor } from '../supervisor/run-supervisor.ts';
import { isOwner } from './act-as-block.ts';
import type { BlockActor, BlockAnswer, BlockRefusal } from './block-api.ts';
import { type BlockParts, record, transact } from './block-parts.ts';
import { grantToCall } from './block-session.ts';
import type { BlockFacts } from './facts-store.ts';
import type { Migrate } from './migrate-state.ts';
import { behaviorOf, capabilitiesOf, versionOf } from './present-facts.ts';
import { NOPROC, NOT_OWNED, refusal } from './refusals.ts';
import { reportChange } from './report-change.ts';
import { modelCapability } from './session-behavior.ts';
import { StateStore } from './state-store.ts';
import type { BlockUpgrade, Upgraded } from './upgrade-api.ts';

export interface Upgrading {
  readonly actor: BlockActor;
  readonly upgrade: BlockUpgrade;
  readonly migrate: Migrate;
}

/** Nothing may be processed meanwhile. */
export async function upgradeBlock(
  parts: BlockParts,
  asked: Upgrading,
): Promise<BlockAnswer<Upgraded>> {
  const { actor, upgrade } = asked;
  const facts = parts.facts.alive();
  if (facts === undefined) return err(NOPROC);
  if (!isOwner(facts, actor)) return err(NOT_OWNED);
  const objection = findMisfit(parts, facts, upgrade) ?? (await findLack(parts, facts, upgrade));
  if (objection !== undefined) return refuse(parts, asked, objection);
  const made = await makeState(parts, facts, asked);
  if (!made.ok) return refuse(parts, asked, made.error);
  const present = parts.facts.alive();
  if (present === undefined) return err(NOPROC);
  const misfit = findMisfit(parts, present, upgrade);
  if (misfit !== undefined) return refuse(parts, asked, misfit);
  return transact(parts, () => switchOver(parts, present, { asked, made: made.value }));
}

type NewState = Parameters<StateStore['write']> | undefined;

interface Switching {
  readonly asked: Upgrading;
  readonly made: NewState;
}

/** Part of a transaction. */
function switchOver(
  parts: BlockParts,
  facts: BlockFacts,
  { asked, made }: Switching,
): BlockAnswer<Upgraded> {
  const { behavior, requestId } = asked.upgrade;
  const version = versionOf(facts) + 1;
  if (made !== undefined) new StateStore(parts).write(...made);
  parts.facts.update({ upgrade: { behavior, version } });
  if (behavior.kind === 'supervisor') upgradeSupervisor(parts, facts, behavior);
  reportChange(parts, { behavior });
  record(parts, facts.order.blockId, {
    action: 'block-upgraded',
    decision: 'allowed',
    actor: toPrincipalName(asked.actor.principal),
    resource: facts.order.blockId,
    revision: version,
    requestId,
  });
  return ok({ version });
}

async function makeState(
  parts: BlockParts,
  facts: BlockFacts,
  { upgrade: { migrate: tool, requestId }, migrate }: Upgrading,
): Promise<Result<NewState, BlockRefusal>> {
  if (tool === undefined) return ok(undefined);
  const before = new StateStore(parts).read();
  const key = parts.newId('upgrade');
  const made = await migrate({ facts, before, tool, requestId, key });
  if (made.kind === 'failed') return err(failed(made.reason));
  return bodyBytes(made.state) > facts.order.limits.stateBytes
    ? err(failed('state_too_large'))
    : ok([made.state, made.label]);
}

function failed(reason: string): BlockRefusal {
  const detail = 'The migration failed: the block goes on with the behaviour that it has';
  return refusal('upgrade_failed', detail, { reason });
}

/** What can be said without asking anybody. */
function findMisfit(
  parts: BlockParts,
  facts: BlockFacts,
  { behavior, migrate }: BlockUpgrade,
): BlockRefusal | undefined {
  const isSupervisor = behavior.kind === 'supervisor';
  if (isSupervisor !== (behaviorOf(facts).kind === 'supervisor')) {
    return refusal('conflict', 'A supervisor stays one, and nothing else becomes one');
  }
  if (migrate !== undefined && behavior.kind !== 'plugin') {
    return refusal('conflict', 'Only a behaviour that is a plugin has a state to migrate');
  }
  if (parts.mailbox.inHand !== undefined) {
    return refusal('turn_waiting', 'A call of the block waits for an approval: decide it first');
  }
  if (parts.mailbox.nextLeaseEnd(parts.now()) !== undefined) {
    return refusal('conflict', 'A consumer holds messages of the block: acknowledge them first');
  }
  return behavior.kind === 'supervisor' ? findUpgradeObjection(parts, behavior) : undefined;
}

/** What the new behaviour cannot do without. Nothing is given here, so the block must hold it. */
async function findLack(
  parts: BlockParts,
  facts: BlockFacts,
  { behavior, migrate }: BlockUpgrade,
): Promise<BlockRefusal | undefined> {
  const authority = await parts.creatorAuthority(facts);
  const now = parts.now();
  for (const { capability, own } of needsOf(behavior, migrate, authority)) {
    const block = [...capabilitiesOf(facts, now), ...own];
    const lacks =
      authority === undefined || findObjection(authority, { capability, now, block }) !== undefined;
    if (lacks) return refusal('denied', 'The block may not have this behaviour', { capability });
  }
  return undefined;
}

/** A tool that is the behaviour itself need not be granted to the block, but to whoever made it. */
function needsOf(
  behavior: Behavior,
  migrate: string | undefined,
  authority: Authority | undefined,
) {
  if (behavior.kind === 'agent') {
    return [{ capability: modelCapability(behavior, authority), own: [] }];
  }
  if (behavior.kind !== 'plugin') return [];
  return [behavior.entry, ...(migrate === undefined ? [] : [migrate])].map((tool) => {
    const own = grantToCall(tool).map(({ pattern }) => pattern);
    return { capability: own[0] ?? `tool:call:${tool}`, own };
  });
}

function refuse(
  parts: BlockParts,
  { actor, upgrade }: Upgrading,
  error: BlockRefusal,
): BlockAnswer<Upgraded> {
  const blockId = parts.facts.alive()?.order.blockId;
  if (blockId === undefined) return err(NOPROC);
  transact(parts, () =>
    record(parts, blockId, {
      action: 'block-upgraded',
      decision: 'denied',
      actor: toPrincipalName(actor.principal),
      resource: blockId,
      reason: error.reason ?? error.code,
      requestId: upgrade.requestId,
    }),
  );
  return err(error);
}
