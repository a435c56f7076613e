/**
 * Which behaviour a block has, and what it needs.
 *
 * @module
 */

import type { BlockBindings } from '../kit/bindings.ts';
import type { BlockFacts } from './facts-store.ts';
import { behaviorOf } from './present-facts.ts';
import type { Processing } from './processor.ts';
import { createAgent, createReducer, modelCapability } from './session-behavior.ts';
import type { StateStore } from './state-store.ts';

/** Nothing for blocks whose messages an outside consumer takes, and for supervisors. */
export function chooseBehavior(
  env: BlockBindings,
  state: StateStore,
): (facts: BlockFacts) => Processing | undefined {
  return (facts) => {
    const behavior = behaviorOf(facts);
    switch (behavior.kind) {
      case 'agent':
        return {
          behave: createAgent(env)(behavior),
          toNeed: (authority) => modelCapability(behavior, authority),
          state,
        };
      case 'plugin':
        return { behave: createReducer(env, state)(behavior), state };
      default:
        return undefined;
    }
  };
}

/** Whether it takes messages by itself. */
export function behavesByItself(facts: BlockFacts): boolean {
  const { kind } = behaviorOf(facts);
  return kind === 'agent' || kind === 'plugin';
}
