/**
 * Which reservation a turn draws on, and what it has used of that.
 *
 * A turn may draw on the reservation of one before it, until it waits for a human: nobody knows how
 * long that takes, and others are owed what the reservation has left. So what the turn has used by then is
 * settled with it, and the turn goes on under a reservation of its own.
 *
 * @module
 */

import { mapRecord, ownNumber } from '../../core/policy/reserves.ts';
import type { TurnId } from '../../core/primitives/ids.ts';
import type { LiveTurn } from './live-turns.ts';
import type { SessionParts } from './session-parts.ts';
import type { Used } from './settlement-store.ts';

export function reservationOf({ row, progress }: LiveTurn): TurnId {
  const { id, reservation } = row.facts;
  return progress.beforeWait === undefined ? reservation : id;
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
export function leaveShared({ held, settlements }: SessionParts, turn: LiveTurn): void {
  const { reservation } = turn.row.facts;
  held.release(reservation);
  const settled = settledBefore(turn);
  if (settled !== undefined && turn.progress.waits === 1) settlements.addTo(reservation, settled);
}

/** Settled with the reservation of an earlier turn; nothing where there was none. */
export function settledBefore({ row, progress }: LiveTurn): Used | undefined {
  return row.facts.reservation === row.facts.id ? undefined : progress.beforeWait;
}
