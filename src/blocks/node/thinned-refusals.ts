/**
 * How often somebody without a key or a code, or a node that speaks of another's calls, is put on the
 * record: whoever knows the name of a node may try as fast as he can, and a flood of tries must not
 * become a flood of records.
 *
 * The first of a while is written down, and the others are counted with the next one. In memory alone:
 * nothing is lost with it but that count.
 *
 * @module
 */

import type { NodeId } from '../../core/primitives/ids.ts';
import { remember } from '../../core/primitives/remember.ts';

/** How long others are only counted, in milliseconds. */
export const THINNING_MS = 10_000;

/** Nodes and reasons that are remembered. */
const MAX_REMEMBERED = 1_000;

interface Thinned {
  readonly since: number;
  readonly leftOut: number;
}

export class ThinnedRefusals {
  readonly #thinned = new Map<string, Thinned>();

  /** How many refusals a record of this one stands for; nothing if there is to be none. */
  count(node: NodeId, reason: string, now: number): number | undefined {
    const key = `${node} ${reason}`;
    const { since, leftOut } = this.#thinned.get(key) ?? { since: -THINNING_MS, leftOut: 0 };
    const isDue = now - since >= THINNING_MS;
    const next = isDue ? { since: now, leftOut: 0 } : { since, leftOut: leftOut + 1 };
    remember(this.#thinned, [key, next], MAX_REMEMBERED);
    return isDue ? leftOut + 1 : undefined;
  }
}
