/**
 * When a request is made again that a platform had no time for.
 *
 * @module
 */

import type { SendOutcome } from './adapter.ts';

/** Most requests for one part of a reply. */
const MAX_ATTEMPTS = 8;

/** Delay before the second request; doubled for each further one. */
const FIRST_DELAY_MS = 1_000;

/** How long a platform can want to be left alone. */
const MAX_WANTED_MS = 3_600_000;

export interface Tried {
  /** One or more. */
  readonly attempts: number;
  /** Since the reply was written, in milliseconds. */
  readonly ageMs: number;
}

/** Whether what was not done, or may be done twice, is asked for again. */
export function maySendAgain(outcome: SendOutcome, { attempts, ageMs }: Tried): boolean {
  const forMs = outcome.kind === 'busy' ? outcome.forMs : undefined;
  return attempts < MAX_ATTEMPTS && (forMs === undefined || ageMs < forMs);
}

/** How long after so many attempts, in milliseconds; `wantedMs` is what the platform has said. */
export function delayAfter(attempts: number, wantedMs = 0): number {
  return Math.max(FIRST_DELAY_MS * 2 ** (attempts - 1), Math.min(MAX_WANTED_MS, wantedMs));
}
