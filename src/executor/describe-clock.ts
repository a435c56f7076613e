/**
 * The clock of this machine beside that of its gateway, in words.
 *
 * @module
 */

import { MAX_CLOCK_SKEW_MS } from '../core/executor-protocol/node-ticket-claims.ts';

/** `aheadMs`: of this machine's. */
export function describeClock(aheadMs: number): string {
  const apart = Math.round(Math.abs(aheadMs) / 1_000);
  const side = aheadMs < 0 ? 'behind' : 'ahead of';
  const most = MAX_CLOCK_SKEW_MS / 1_000;
  return `the clock of this machine is ${apart} s ${side} the gateway’s, and must be within ${most} s of it`;
}
