/**
 * How often a principal's refused requests are put on the record: any token may ask for what it may not
 * have, as fast as it can, and a flood of requests must not become a flood of records.
 *
 * So many in a minute are written down one by one; beyond that one a second is, and says how many it
 * stands for. In memory alone: nothing is lost with it but that count.
 *
 * @module
 */

import { type Bucket, callsIn, refill, takeCalls } from '../../core/policy/bucket.ts';
import { remember } from '../../core/primitives/remember.ts';

const PACE = { calls: 60, periodMs: 60_000 } as const;

/** Principals that are remembered. */
const MAX_REMEMBERED = 1_000;

interface Paced {
  readonly bucket: Bucket;
  readonly leftOut: number;
}

export class DenialPace {
  readonly #paced = new Map<string, Paced>();

  /** How many refusals of this principal a record of this one stands for; nothing if there is to be none. */
  count(principal: string, now: number): number | undefined {
    const { bucket: before, leftOut } = this.#paced.get(principal) ?? { leftOut: 0 };
    const bucket = refill(before, PACE, now);
    const isDue = callsIn(bucket) >= 1;
    const next = isDue
      ? { bucket: takeCalls(bucket, 1), leftOut: 0 }
      : { bucket, leftOut: leftOut + 1 };
    remember(this.#paced, [principal, next], MAX_REMEMBERED);
    return isDue ? leftOut + 1 : undefined;
  }
}
