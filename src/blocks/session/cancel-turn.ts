/**
 * Ends turns because somebody wants it, and sessions with all their turns.
 *
 * @module
 */

import { toPrincipalName } from '../../core/policy/principal.ts';
import { failTurn } from './end-turn.ts';
import type { Flusher } from './flusher.ts';
import type { Lane } from './lane.ts';
import type { LiveTurn } from './live-turns.ts';
import type { TurnsOf } from './session-api.ts';
import { liveSession, type SessionParts } from './session-parts.ts';
import { record, transact } from './transact.ts';
import { type Actor, type Occurrence, toActorFields } from './turn-audit.ts';
import { hasEnded, type TurnFacts } from './turn-store.ts';

/** Ends a queued or running turn; one that has ended stays as it is. */
export function cancelTurn(lane: Lane, turn: LiveTurn, actor: Actor): void {
  if (!hasEnded(turn.row)) lane.fail(turn, { code: 'cancelled', actor });
}

/**
 * Ends all that are queued or running, or those that are meant; last in the lane first, so that none of them
 * starts in between.
 */
export function cancelTurns(parts: SessionParts, actor: Actor, of?: TurnsOf): void {
  const isMeant = of === undefined ? () => true : meantBy(parts, of);
  for (const { facts } of parts.turns.unended().reverse()) {
    if (!isMeant(facts)) continue;
    const turn = parts.live.find(facts.id);
    if (turn !== undefined) failTurn(parts, turn, { code: 'cancelled', actor });
  }
  parts.held.release();
  parts.flush('now');
}

function meantBy({ idempotency }: SessionParts, of: TurnsOf): (facts: TurnFacts) => boolean {
  const { principal: name, only } = of;
  if (only === undefined) return ({ principal }) => toPrincipalName(principal) === name;
  const turnId = 'turnId' in only ? only.turnId : idempotency.turnOf(name, only.key);
  return ({ id, principal }) => id === turnId && toPrincipalName(principal) === name;
}

/** Cancels what is live, deletes the conversation, and puts that on the record. */
export function removeSession(parts: SessionParts, flusher: Flusher, actor: Actor): void {
  cancelTurns(parts, actor);
  deleteOnRecord(parts, flusher, { actor });
}

/** For a session without a live turn. */
export function deleteOnRecord(
  parts: SessionParts,
  flusher: Flusher,
  { actor, reason }: Pick<Occurrence, 'actor' | 'reason'>,
): void {
  const sessionId = liveSession(parts).facts.id;
  transact(parts, () =>
    record(parts, [
      {
        action: 'session-deleted',
        decision: 'allowed',
        at: parts.now(),
        ...toActorFields(actor),
        ...(reason !== undefined && { reason }),
        sessionId,
      },
    ]),
  );
  flusher.deleteSession();
  parts.flush('now');
}
