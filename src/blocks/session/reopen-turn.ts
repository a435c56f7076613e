/**
 * Before a turn goes on that has waited for a human: its workspace counts it among the live ones
 * again, and says what its principal may do by now.
 *
 * @module
 */

import type { ErrorCode } from '../../core/errors/codes.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import type { LiveTurn } from './live-turns.ts';
import { reserveTurn } from './reserve-turn.ts';
import { liveSession, type SessionParts } from './session-parts.ts';
import { reservationOf } from './turn-reservation.ts';

/** The newest authority, or with which code the turn ends. */
export async function reopenTurn(
  parts: SessionParts,
  turn: LiveTurn,
): Promise<Result<Authority, ErrorCode>> {
  const { authorities, now } = parts;
  const { row } = turn;
  const { principal, driver } = row.facts;
  const { id: sessionId } = liveSession(parts).facts;
  const deadlineAt = row.deadlineAt + now() - row.leaseUntil;
  const turnId = reservationOf(turn);
  const wish = { turnId, sessionId, principal, deadlineAt, driver, mayHold: false };
  const opened = await reserveTurn(parts, wish);
  if (!opened.ok) return err(opened.error.code);
  const { authority } = opened.value;
  return authority === undefined ? err('denied') : ok(authorities.remember(authority));
}
