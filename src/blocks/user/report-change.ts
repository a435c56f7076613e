/**
 * A supervised block that is not what it was born as says so, for its next life to begin there.
 *
 * @module
 */

import type { BlockSignal } from '../../core/blocks/block-signal.ts';
import { type BlockParts, sendSoon } from './block-parts.ts';

type Change = Omit<Extract<BlockSignal, { readonly kind: 'changed' }>, 'kind'>;

/** Part of the transaction of the change. */
export function reportChange(parts: BlockParts, change: Change): void {
  const order = parts.facts.alive()?.order;
  const [supervisor] = order?.ancestors ?? [];
  if (order?.supervised !== true || supervisor === undefined) return;
  parts.pairs.say(supervisor, { kind: 'changed', ...change });
  sendSoon(parts);
}
