/**
 * What a dead block has said comes before the word that nobody is there.
 *
 * @module
 */

import type { NumberedSignal } from '../../core/blocks/block-signal.ts';
import type { Teller } from './block-api.ts';
import type { BlockParts } from './block-parts.ts';
import type { Courier } from './courier.ts';

/** What was told to a block that is dead. */
interface Unheard {
  readonly teller: Teller;
  readonly signals: readonly NumberedSignal[];
}

/**
 * Resolves once it may be answered that nobody is there. Who is dead as well waits for the same of this
 * one, and neither has use for it any more; but the estate that he leaves goes past this one to those
 * above, who must know by then which estates this one has heard.
 *
 * @throws whatever keeps one of them from being reached: then it may not be answered yet.
 */
export async function sayLast(
  parts: BlockParts,
  courier: Courier,
  { teller: { from, isDead }, signals }: Unheard,
): Promise<void> {
  if (!isDead) await courier.tell(from);
  else if (signals.some(({ signal }) => 'estate' in signal)) await tellAbove(parts, courier);
}

/** Until the first one above that lives has it: one that is dead as well hands it on to the next. */
export async function tellAbove({ facts }: BlockParts, courier: Courier): Promise<void> {
  for (const ancestor of facts.read()?.order.ancestors ?? []) await courier.tell(ancestor);
}
