/**
 * Tells the workspace whether a reservation is one that this session will settle.
 *
 * @module
 */

import type { TurnId } from '../../core/primitives/ids.ts';
import type { SessionParts } from './session-parts.ts';

/**
 * Once every admission that has begun is over, and all is written: a turn that has not ended settles it
 * when it does, and one that has ended is in the list. Any other is settled, or came to nothing.
 */
export function willSettle(
  { session, settlements, turns }: SessionParts,
  reservation: TurnId,
): boolean {
  if (session.row() === undefined) return false;
  if (settlements.reservations().includes(reservation)) return true;
  return turns
    .unended()
    .some(({ facts }) => facts.reservation === reservation || facts.id === reservation);
}
