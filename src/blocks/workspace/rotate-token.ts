/**
 * Gives a token another text. The text before stays good for a while, so that nobody who uses it is
 * cut off; what was given on from the token stays as it is.
 *
 * @module
 */

import { attenuate } from '../../core/capabilities/grant.ts';
import { liveGrantsOf } from '../../core/policy/live-grants.ts';
import { findReserved } from '../../core/policy/reserved-name.ts';
import { isLiveToken } from '../../core/policy/token-facts.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import type { RotatedToken, RotateToken } from './governance-api.ts';
import { isSignedIn } from './issuer-giver.ts';
import type { StoredToken } from './token-store.ts';
import type { Actor, Refusal } from './workspace-api.ts';
import {
  actorEvent,
  record,
  refuseUnrecorded,
  transact,
  type WorkspaceParts,
} from './workspace-parts.ts';

/** Whoever gets the new text can do what the token can, so only who holds all of that may ask. */
export function rotateToken(
  parts: WorkspaceParts,
  actor: Actor,
  { tokenId, tokenHash, overlapMs }: RotateToken,
): Result<RotatedToken, Refusal> {
  const unrecorded = refuseUnrecorded(parts);
  if (unrecorded !== undefined) return err(unrecorded);
  const now = parts.now();
  const token = parts.tokens.byId(tokenId);
  if (token === undefined || !isLiveToken(token, now)) {
    return err({ code: 'not_found', detail: 'There is no such token' });
  }
  if (isSignedIn(token)) {
    const detail = 'Cannot rotate the token: it must be one that was issued here, not a sign-in';
    return err({ code: 'conflict', detail });
  }
  const facts = { action: 'token-rotated', tokenId } as const;
  if (!mayRotate(parts, actor, token)) {
    const reason = 'principal_grant_missing';
    const denied = actorEvent(parts, actor, { ...facts, decision: 'denied', reason });
    transact(parts, () => record(parts, denied));
    parts.flush();
    const detail =
      'Cannot rotate the token: who asks must hold all that it holds, without caveats, by a text that lasts';
    return err({ code: 'denied', detail });
  }
  const until = now + overlapMs;
  transact(parts, () => {
    const before = parts.tokens.replaceHash(tokenId, tokenHash);
    if (overlapMs > 0) parts.formerTokens.add(before, { tokenId, until }, now);
    record(parts, actorEvent(parts, actor, facts));
  });
  parts.authorities.forget();
  parts.flush();
  return ok({ id: tokenId, formerUntil: until });
}

/** Who has but a text that was rotated would give himself one that lasts. */
function mayRotate(
  parts: WorkspaceParts,
  { principal, textEndsAt }: Actor,
  token: StoredToken,
): boolean {
  const now = parts.now();
  if (principal.caveats !== undefined || textEndsAt !== undefined) return false;
  if (principal.tokenId === token.id) return true;
  // In whose name nobody may issue a token, in that name he is given no text either.
  if (findReserved(principal, token.subject) !== undefined) return false;
  const held = parts.authorities.of(principal, now)?.grants ?? [];
  const wanted = liveGrantsOf(token.id, parts.authorities.sources, now);
  return attenuate(held, wanted, now).ok;
}
