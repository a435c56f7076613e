/**
 * What a signal of another block does here.
 *
 * Each function is part of a transaction, and is called once for each signal, in its order.
 *
 * @module
 */

import type { Acceptance, BlockSignal } from '../../core/blocks/block-signal.ts';
import { UNTRUSTED_LABEL } from '../../core/policy/labels.ts';
import type { BlockId } from '../../core/primitives/ids.ts';
import type { ExitReason } from '../../core/supervision/exit-reason.ts';
import { decideExit } from '../../core/supervision/exit-signal.ts';
import { hearLink } from '../../core/supervision/link-table.ts';
import { hearChangedChild, hearChild, tellSupervisor } from '../supervisor/run-supervisor.ts';
import { admitMessage } from './admit-message.ts';
import { type BlockParts, MAIL } from './block-parts.ts';
import { CHILD_REF, endBlock } from './end-block.ts';
import type { BlockFacts } from './facts-store.ts';
import { hearBounds } from './hear-bounds.ts';
import { hearEstate, passEstateUp, REST_REF } from './hear-estate.ts';
import { behaviorOf } from './present-facts.ts';

/** The answer to a message; nothing for other signals. */
export function hearSignal(
  parts: BlockParts,
  from: BlockId,
  signal: BlockSignal,
): Acceptance | undefined {
  const facts = parts.facts.alive();
  if (facts === undefined) return { kind: 'noproc' };
  switch (signal.kind) {
    case 'message':
      return admitMessage(parts, facts, { from: `block:${from}`, ...signal.envelope });
    case 'link':
      hearLinkOf(parts, facts, { from, signal });
      return undefined;
    case 'exit':
      hearExit(parts, facts, { from, signal });
      return undefined;
    case 'monitor':
      parts.relations.addWatcher(from, signal.ref);
      return undefined;
    case 'demonitor':
      parts.relations.dropWatcher(from, signal.ref);
      return undefined;
    case 'down':
      hearDown(parts, facts, { from, signal });
      return undefined;
    case 'born':
      hearChild(parts, facts, { id: from });
      return undefined;
    case 'bounds':
      hearBounds(parts, facts, { from, grants: signal.grants });
      return undefined;
    case 'changed':
      hearChangedChild(parts, { id: from, signal });
      return undefined;
    // Dealt with before: who is born hears nothing of it, and answers go to whoever waits.
    case 'birth':
    case 'reply':
    case 'named':
    case 'released':
      return undefined;
  }
}

/** A peer that is not there: what was said to it comes back as what Erlang says of the dead. */
export function hearNoproc(parts: BlockParts, peer: BlockId, unheard: BlockSignal): void {
  if (unheard.kind === 'down' && unheard.estate !== undefined) passEstateUp(parts, peer, unheard);
  const facts = parts.facts.alive();
  if (facts === undefined) return;
  if (unheard.kind === 'link' && unheard.link.isLinked) {
    const signal = { kind: 'exit', via: 'link', reason: 'noproc' } as const;
    hearExit(parts, facts, { from: peer, signal });
  } else if (unheard.kind === 'monitor') {
    hearDown(parts, facts, {
      from: peer,
      signal: { kind: 'down', ref: unheard.ref, reason: 'noproc' },
    });
  }
}

/**
 * A link to, or a monitor of, an id that was never issued: the block hears of it what it hears of the
 * dead. Nobody is told anything, since no object of that name is to be touched.
 */
export function hearNobody(parts: BlockParts, relation: 'link' | 'monitor', id: string): void {
  const facts = parts.facts.alive();
  if (facts === undefined) return;
  const reason = 'noproc';
  const self = facts.order.blockId;
  if (relation === 'monitor') {
    const ref = parts.newId('mon');
    deliverSystemMessage(parts, self, { type: 'down', from: id, ref, reason });
    return;
  }
  const { trapsExits } = facts;
  const effect = decideExit({ reason, via: 'link' }, { trapsExits, isLinked: true });
  if (effect.kind === 'end') endBlock(parts, effect.reason);
  if (effect.kind !== 'hear') return;
  deliverSystemMessage(parts, self, { type: 'exit', from: id, reason: effect.reason });
}

interface Heard<Kind extends BlockSignal['kind']> {
  readonly from: BlockId;
  readonly signal: Extract<BlockSignal, { readonly kind: Kind }>;
}

function hearLinkOf(
  parts: BlockParts,
  { order }: BlockFacts,
  { from, signal }: Heard<'link'>,
): void {
  const before = parts.relations.link(from);
  const row = hearLink(before, signal.link, order.blockId > from);
  if (row !== undefined && row !== before) parts.relations.setLink(from, row);
}

function hearExit(parts: BlockParts, facts: BlockFacts, { from, signal }: Heard<'exit'>): void {
  const { reason, via } = signal;
  const isSupervisor = behaviorOf(facts).kind === 'supervisor';
  const trapsExits = isSupervisor || facts.trapsExits;
  const isLinked = parts.relations.link(from)?.isLinked ?? false;
  const effect = decideExit({ reason, via }, { trapsExits, isLinked });
  if (via === 'link') parts.relations.dropLink(from);
  if (effect.kind === 'end') endBlock(parts, effect.reason);
  if (effect.kind !== 'hear') return;
  if (isSupervisor) hearExitAsSupervisor(parts, facts, { from, signal });
  else deliverSystemMessage(parts, from, { type: 'exit', from, reason: effect.reason });
}

/**
 * A supervisor traps exits and hears none of them as messages: it ends in good order when its parent
 * does or says so, and what its children have to say comes another way.
 */
function hearExitAsSupervisor(
  parts: BlockParts,
  facts: BlockFacts,
  { from, signal }: Heard<'exit'>,
): void {
  if (facts.order.ancestors[0] === from) {
    tellSupervisor(parts, facts, { kind: 'stop', reason: signal.reason });
  }
}

function hearDown(parts: BlockParts, facts: BlockFacts, { from, signal }: Heard<'down'>): void {
  const { ref, reason, estate } = signal;
  if (ref === CHILD_REF || ref === REST_REF) {
    if (estate !== undefined) hearEstate(parts, from, estate);
    if (ref === CHILD_REF)
      hearChild(parts, facts, { id: from, ended: reason, lastSeq: estate?.lastSeq });
    return;
  }
  // One that was taken back meanwhile.
  if (parts.relations.monitored(ref) !== from) return;
  parts.relations.dropMonitor(ref);
  deliverSystemMessage(parts, from, { type: 'down', from, ref, reason });
}

type SystemMessage =
  | { readonly type: 'exit'; readonly from: string; readonly reason: ExitReason }
  | {
      readonly type: 'down';
      readonly from: string;
      readonly ref: string;
      readonly reason: ExitReason;
    };

/** Outside the limits of the mailbox: a signal is never dropped. */
function deliverSystemMessage(parts: BlockParts, from: BlockId, body: SystemMessage): void {
  // The reason may hold a text of the block that ended.
  const label = UNTRUSTED_LABEL;
  const facts = {
    messageId: parts.newId('sig'),
    from: `block:${from}`,
    label,
    signal: true,
  } as const;
  parts.mailbox.add(facts, JSON.stringify(body));
  parts.waiters.wake(MAIL);
}
