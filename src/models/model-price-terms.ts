/**
 * What a model costs under the terms of a workspace.
 *
 * @module
 */

import type { Budgets } from '../core/policy/budgets.ts';
import type { ModelBindings } from './model-bindings.ts';
import { type ModelPrice, UNKNOWN_PRICE } from './model-price.ts';
import { knownPrice } from './providers.ts';

/** Nothing where nobody has stated it, and the workspace wants it stated. */
export function priceOf(
  env: ModelBindings,
  id: string,
  { unknownPrice }: Pick<Budgets, 'unknownPrice'>,
): ModelPrice | undefined {
  return knownPrice(env, id) ?? (unknownPrice === 'refuse' ? undefined : UNKNOWN_PRICE);
}
