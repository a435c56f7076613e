/**
 * How fast messages come to a block.
 *
 * In memory only: after a second without messages it is as if there had never been any, so there is
 * nothing to keep for an object that comes to life again.
 *
 * @module
 */

import { type Bucket, callsIn, refill, retryAfterMs, takeCalls } from '../../core/policy/bucket.ts';

/** Of the rate: a whole second's messages may come at once. */
const PERIOD_MS = 1_000;

export class Pace {
  #bucket: Bucket | undefined;

  /** Counts one more; answers how long it is too early for it, in milliseconds. */
  take(messagesPerSecond: number, now: number): number {
    const rate = { calls: messagesPerSecond, periodMs: PERIOD_MS };
    const bucket = refill(this.#bucket, rate, now);
    const tooEarlyMs = callsIn(bucket) > 0 ? 0 : retryAfterMs(bucket);
    this.#bucket = takeCalls(bucket, 1);
    return tooEarlyMs;
  }
}
