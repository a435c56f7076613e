/**
 * What a human may say of an approval, and who may say it.
 *
 * @module
 */

import type { ApprovalPolicy } from './approval-policy.ts';
import { type Principal, toPrincipalName, toSpenderName } from './principal.ts';

export const APPROVAL_DECISIONS = ['approve', 'deny'] as const;
export type ApprovalDecision = (typeof APPROVAL_DECISIONS)[number];

/** Why somebody who holds `system:approval:decide` may not decide about this one. */
export type DeciderObjection = 'not_a_user' | 'own_credential' | 'four_eyes';

/**
 * A turn must not approve itself: whoever decides is a user, with another credential than the one
 * that the turn runs under, since that is what an agent's program holds.
 */
export function findDeciderObjection(
  decider: Principal,
  turnOf: Principal,
  { fourEyes }: ApprovalPolicy,
): DeciderObjection | undefined {
  if (decider.kind !== 'user') return 'not_a_user';
  if (decider.tokenId === turnOf.tokenId) return 'own_credential';
  const isSame = toPrincipalName(decider) === toSpenderName(turnOf);
  return fourEyes && isSame ? 'four_eyes' : undefined;
}
