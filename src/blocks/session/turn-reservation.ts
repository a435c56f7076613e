/**
 * Which reservation a turn draws on, and what it has used of that.
 *
 * A turn may draw on the reservation of one before it, until it waits for a human: nobody knows how
 * long that takes, and others are owed what the reservation has left. So what the turn has used by then is
 * settled with it, and the turn goes on under a reservation of its own. One whose journal does not say so
 * has begun to wait under an earlier version: it keeps the name that it draws on, and settles all of its
 * use at its end.
 *
 * @module
 */

import { mapRecord, ownNumber } from '../../core/policy/reserves.ts';
import type { TurnId } from '../../core/primitives/ids.ts';
import type { LiveTurn } from './live-turns.ts';
import type { SessionParts } from './session-parts.ts';
import type { Used } from './settlement-store.ts';
import { writeEntries } from './transact.ts';

export function reservationOf(turn: LiveTurn): TurnId {
  const { id, reservation } = turn.row.facts;
  return settledBefore(turn) === undefined ? reservation : id;
}

/** Of all calls that a turn has started, by tool, those that are still to be settled with its end. */
export function unsettledCalls(turn: LiveTurn): Used['toolCalls'] {
  const settled = settledBefore(turn)?.toolCalls ?? {};
  return mapRecord(
    turn.progress.startedByTool(),
    (calls, tool) => calls - ownNumber(settled, tool),
  );
}

/** Part of a transaction, once it is written that the turn waits: it gives up what it shares. */
export function leaveShared(parts: SessionParts, turn: LiveTurn): void {
  const { id, reservation } = turn.row.facts;
  parts.held.release(reservation);
  if (reservation === id || settledBefore(turn) !== undefined) return;
  const isAdded = parts.settlements.addTo(reservation, turn.progress.used());
  if (isAdded) writeEntries(parts, turn, [{ kind: 'reservation-left' }]);
}

/** Settled with the reservation of an earlier turn; nothing where there was none. */
export function settledBefore({ progress }: LiveTurn): Used | undefined {
  return progress.beforeLeaving;
}
