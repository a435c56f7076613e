/**
 * How fast each sender writes. In memory alone: it cuts loops and floods short, and nothing is lost with
 * it but their count.
 *
 * @module
 */

import { type Bucket, refill, retryAfterMs, takeCalls } from '../../core/policy/bucket.ts';
import type { Rate } from '../../core/policy/policy.ts';
import { remember } from '../../core/primitives/remember.ts';
import type { SenderKey } from './sender-store.ts';

/** Senders that are remembered; who was heard longest ago is forgotten first. */
const MAX_REMEMBERED = 10_000;

export class SenderRates {
  readonly #buckets = new Map<string, Bucket>();

  /** Counts a message. Answers when there may be one, in milliseconds from now: 0 for this one. */
  take({ channel, sender }: SenderKey, rate: Rate, now: number): number {
    const key = `${channel}/${sender}`;
    const bucket = refill(this.#buckets.get(key), rate, now);
    remember(this.#buckets, [key, takeCalls(bucket, 1)], MAX_REMEMBERED);
    return retryAfterMs(bucket);
  }
}
