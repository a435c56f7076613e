/**
 * How many sessions there may be, and how long one stays that nobody uses.
 *
 * Sessions that a request makes for itself end by themselves, and are no part of it.
 *
 * @module
 */

import * as z from 'zod';

export interface SessionPolicy {
  /** Most that were begun by request, of all principals together. */
  readonly max: number;
  /** Most of one principal. */
  readonly maxOfPrincipal: number;
  /** One that had no turn for so long is deleted, in milliseconds. Absent: none ever is. */
  readonly maxIdleMs?: number;
}

export const DEFAULT_SESSION_POLICY: SessionPolicy = { max: 1_000_000, maxOfPrincipal: 100_000 };

/** An hour: what was meant as days, and written as seconds, would delete all there is. */
const MIN_IDLE_MS = 3_600_000;
/** Ten years. */
const MAX_IDLE_MS = 315_360_000_000;

const count = (name: 'max' | 'maxOfPrincipal') =>
  z.int().min(0).max(DEFAULT_SESSION_POLICY.max).default(DEFAULT_SESSION_POLICY[name]);

/** A policy that lowers `max` alone would leave all of it to whoever comes first: it says both. */
export const sessionPolicySchema: z.ZodType<SessionPolicy> = z
  .strictObject({
    max: count('max'),
    maxOfPrincipal: count('maxOfPrincipal'),
    maxIdleMs: z.int().min(MIN_IDLE_MS).max(MAX_IDLE_MS).exactOptional(),
  })
  .refine(({ max, maxOfPrincipal }) => maxOfPrincipal <= max, {
    path: ['maxOfPrincipal'],
    message: 'must be at most max',
  });
