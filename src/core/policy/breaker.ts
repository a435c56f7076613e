/**
 * A breaker: after so many failures in a row nobody asks for a while, then one asks to see.
 *
 * Only what the other side did counts. A request that was bad, or that somebody cancelled, says nothing
 * about it.
 *
 * @module
 */

export interface Breaker {
  /** In a row. */
  readonly failures: number;
  /** Epoch milliseconds until which nobody asks. */
  readonly openUntil: number;
  /** Epoch milliseconds until which one who asks to see may take; 0 when nobody does. */
  readonly probeUntil: number;
}

export const CLOSED: Breaker = { failures: 0, openUntil: 0, probeUntil: 0 };

export const BREAKER_LIMITS = {
  /** Failures in a row that open it. */
  opensAt: 5,
  /** Milliseconds that it is open at first; twice as long after each probe that failed. */
  openMs: 5_000,
  maxOpenMs: 300_000,
  /** A probe that nobody has heard of for so many milliseconds is over. */
  probeMs: 60_000,
} as const;

const { opensAt, openMs, maxOpenMs, probeMs } = BREAKER_LIMITS;

/** Milliseconds until somebody may ask; 0 if that is now. */
export function waitMs({ failures, openUntil, probeUntil }: Breaker, now: number): number {
  return failures < opensAt ? 0 : Math.max(0, openUntil - now, probeUntil - now);
}

/** Before asking, where {@link waitMs} is 0: through a breaker that has opened only one goes at a time. */
export function beginAsking(breaker: Breaker, now: number): Breaker {
  return breaker.failures < opensAt ? breaker : { ...breaker, probeUntil: now + probeMs };
}

/** `askedMs`: how long the other side wants to be left alone, where it said so. */
export function afterFailure({ failures }: Breaker, now: number, askedMs = 0): Breaker {
  const more = failures + 1;
  if (more < opensAt) return { ...CLOSED, failures: more };
  const ms = Math.max(askedMs, openMs * 2 ** Math.min(more - opensAt, 16));
  return { failures: more, openUntil: now + Math.min(maxOpenMs, ms), probeUntil: 0 };
}

/** Who asked has learned nothing: the next one may. */
export function afterNothing(breaker: Breaker): Breaker {
  return { ...breaker, probeUntil: 0 };
}
