/**
 * What a block is by now: as it was born, with what was changed since.
 *
 * @module
 */

import type { BlockBudget } from '../../core/blocks/block-budget.ts';
import type { Behavior } from '../../core/blocks/block-spec.ts';
import type { CapabilitySet } from '../../core/capabilities/capability-set.ts';
import type { Grant } from '../../core/capabilities/grant.ts';
import { livePatterns } from '../../core/capabilities/live-patterns.ts';
import type { BlockFacts } from './facts-store.ts';

export function behaviorOf({ order, upgrade }: BlockFacts): Behavior {
  return upgrade?.behavior ?? order.behavior;
}

/** Counts its behaviours: each upgrade makes the next. */
export function versionOf({ upgrade }: BlockFacts): number {
  return upgrade?.version ?? 1;
}

export function grantsOf({ order, grants }: BlockFacts): readonly Grant[] {
  return grants ?? order.grants;
}

/** `now` in epoch milliseconds. */
export function capabilitiesOf(facts: BlockFacts, now: number): CapabilitySet {
  return livePatterns(grantsOf(facts), now);
}

/** What it may still use up. */
export function budgetOf({ order, budget }: BlockFacts): BlockBudget {
  return budget ?? order.budget;
}

/** Whether anything bounds what it uses up. */
export function hasBudget({ order }: BlockFacts): boolean {
  return Object.keys(order.budget).length > 0;
}
