/**
 * What a block leaves when it ends goes to the one above it: what it had left of its budget, and the
 * blocks below it that may go on without it. Where nobody lives, to the next one up.
 *
 * Each function is part of a transaction.
 *
 * @module
 */

import type { BlockSignal, Estate } from '../../core/blocks/block-signal.ts';
import type { Spend } from '../../core/policy/ledger.ts';
import type { BlockId } from '../../core/primitives/ids.ts';
import { type BlockParts, sendSoon } from './block-parts.ts';
import type { BlockFacts } from './facts-store.ts';
import { budgetOf } from './present-facts.ts';
import { regain } from './spend-budget.ts';

/** Ref of what comes after the end, from the dead. */
export const REST_REF = '#rest';

/** Of a block that ends now. What it holds for a message that is not done with comes by {@link leaveRest}. */
export function estateOf(parts: BlockParts, facts: BlockFacts): Estate {
  const { relations } = parts;
  const wards = [...relations.children(), ...relations.wards()] as BlockId[];
  const estate = { budget: budgetOf(facts), wards, lastSeq: parts.mailbox.lastSeq() };
  return facts.held === undefined ? estate : { ...estate, owes: true };
}

/** Of a dead block, once what its behaviour was at has ended. Where nobody knows, it has used all that it held. */
export function leaveRest(parts: BlockParts, used: Spend | undefined): void {
  const facts = parts.facts.read();
  if (facts?.exit === undefined || facts.held === undefined) return;
  const { tokens, costMicroUsd } = facts.held;
  parts.facts.drop('held');
  const [parent] = facts.order.ancestors;
  if (parent === undefined) return;
  const spent = used ?? facts.held;
  const budget = { tokens: tokens - spent.tokens, costMicroUsd: costMicroUsd - spent.costMicroUsd };
  const { reason } = facts.exit;
  parts.pairs.say(parent, { kind: 'down', ref: REST_REF, reason, estate: { budget, wards: [] } });
  sendSoon(parts);
}

/**
 * Once for each block, and once more for one that owes something, which is a ward until then: what one
 * above it has heard already, and has left in turn, may be told again by who does not know that it was heard.
 */
export function hearEstate(parts: BlockParts, from: BlockId, estate: Estate): void {
  const { budget, wards, owes } = estate;
  const { relations, pairs, facts } = parts;
  if (!relations.dropChild(from) && !relations.dropWard(from)) return;
  if (owes) relations.addWard(from);
  regain(parts, budget);
  const grants = facts.read()?.grants;
  for (const ward of wards) {
    relations.addWard(ward);
    // It may have been taken away while nobody stood between.
    if (grants !== undefined) pairs.say(ward, { kind: 'bounds', grants });
  }
  if (wards.length > 0) sendSoon(parts);
}

/** The one above is not there: the next one hears of it instead. */
export function passEstateUp(
  parts: BlockParts,
  peer: BlockId,
  unheard: Extract<BlockSignal, { readonly kind: 'down' }>,
): void {
  const ancestors = parts.facts.read()?.order.ancestors ?? [];
  const next = ancestors[ancestors.indexOf(peer) + 1];
  if (next === undefined) return;
  parts.pairs.say(next, unheard);
  sendSoon(parts);
}
