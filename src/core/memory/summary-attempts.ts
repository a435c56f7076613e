/**
 * How often a model is asked for one summary, and when again.
 *
 * @module
 */

/** Attempts of one summary; then it is made by rule. */
export const MAX_ATTEMPTS = 3;

/** After which an attempt that nothing was heard of is taken for lost, in milliseconds. */
export const LOST_AFTER_MS = 120_000;

/** Delay of the second attempt; doubled for the third. */
const FIRST_RETRY_MS = 5_000;

/** Longest time between two attempts, whatever a provider asks for, in milliseconds. */
const MAX_RETRY_MS = 120_000;

/**
 * How many attempts count as made, and when there may be another. Where asking again would not help, which
 * is `undefined`, all of them are.
 */
export function afterFailure(
  attempts: number,
  retryAfterMs: number | undefined,
  now: number,
): { readonly attempts: number; readonly notBefore: number } {
  if (retryAfterMs === undefined) return { attempts: MAX_ATTEMPTS, notBefore: now };
  const delay = Math.max(FIRST_RETRY_MS * 2 ** (attempts - 1), retryAfterMs);
  return { attempts, notBefore: now + Math.min(delay, MAX_RETRY_MS) };
}
