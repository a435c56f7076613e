/**
 * Grants: what a holder was given and for how long, and how it may be handed on.
 *
 * A child block, session, token or channel binding inherits nothing. It gets a named part of its
 * giver's grants, and what it got is never more: not wider, not longer. What it loses when the
 * giver loses it is worked out where authority is frozen, not here.
 *
 * @module
 */

import { err, ok, type Result } from '../primitives/result.ts';
import { type CapabilityPattern, covers } from './pattern.ts';

export interface Grant {
  readonly pattern: CapabilityPattern;
  /** Epoch milliseconds; from this instant on the grant gives nothing. Without one it is open-ended. */
  readonly expiresAt?: number;
}

/** Why a grant cannot be handed on. `message` quotes the wanted pattern only. */
export interface AttenuationRefusal {
  readonly code: 'not_held' | 'outlasts_grantor' | 'expired';
  /** Zero-based place among the wanted grants. */
  readonly index: number;
  readonly pattern: CapabilityPattern;
  readonly message: string;
}

const MUST_HOLD = {
  not_held: 'the giver must hold it',
  outlasts_grantor: 'it must not outlast what the giver holds',
  expired: 'it must end in the future',
} as const satisfies Record<AttenuationRefusal['code'], string>;

/** Whether the grant gives anything at `now`, in epoch milliseconds. An expiry of NaN never does. */
export function isLive(grant: Grant, now: number): boolean {
  return grant.expiresAt === undefined || now < grant.expiresAt;
}

export function liveGrants(grants: readonly Grant[], now: number): readonly Grant[] {
  return grants.filter((grant) => isLive(grant, now));
}

/** A live grant that covers the given capability or pattern, or nothing. */
export function findGrant(
  grants: readonly Grant[],
  wanted: CapabilityPattern,
  now: number,
): Grant | undefined {
  return grants.find((grant) => isLive(grant, now) && covers(grant.pattern, wanted));
}

/**
 * Hands on less: all of the wanted grants, or none and why. Each must be covered, in width and in
 * time, by one live grant of the giver. Nothing is cut to fit: what is asked for is what is given
 * or refused.
 */
export function attenuate(
  held: readonly Grant[],
  wanted: readonly Grant[],
  now: number,
): Result<readonly Grant[], AttenuationRefusal> {
  for (const [index, grant] of wanted.entries()) {
    const code = findObstacle(held, grant, now);
    if (code !== undefined) {
      const message = `Cannot hand on "${grant.pattern}": ${MUST_HOLD[code]}`;
      return err({ code, index, pattern: grant.pattern, message });
    }
  }
  return ok([...wanted]);
}

function findObstacle(
  held: readonly Grant[],
  wanted: Grant,
  now: number,
): AttenuationRefusal['code'] | undefined {
  if (!isLive(wanted, now)) return 'expired';
  const covering = liveGrants(held, now).filter(({ pattern }) => covers(pattern, wanted.pattern));
  if (covering.length === 0) return 'not_held';
  return covering.some((grant) => endOf(wanted) <= endOf(grant)) ? undefined : 'outlasts_grantor';
}

function endOf(grant: Grant): number {
  return grant.expiresAt ?? Number.POSITIVE_INFINITY;
}
