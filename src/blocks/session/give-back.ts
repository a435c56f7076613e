/**
 * Gives back what was reserved for a turn that comes to nothing: else the workspace would hold it until it
 * next asks its sessions about such turns.
 *
 * @module
 */

import { NO_USAGE } from '../../core/conversation/usage.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { TurnId } from '../../core/primitives/ids.ts';
import type { SessionParts } from './session-parts.ts';
import { willSettle } from './will-settle.ts';

interface Reserved {
  readonly turnId: TurnId;
  readonly principal: Principal;
}

/** Of a turn that nobody will settle. If the way there fails, the workspace asks for it. */
export function giveBack(
  { defer, neighbours }: Pick<SessionParts, 'defer' | 'neighbours'>,
  { turnId, principal }: Reserved,
): void {
  const settlement = { reservation: turnId, usage: NO_USAGE, toolCalls: {} };
  defer(neighbours.settleTurn(principal.workspace, settlement).catch(() => {}));
}

/**
 * Of a turn that was opened and could not begin. A reservation that it shares is settled with the turns
 * before it, and one that it was written with after all, at its end.
 */
export function giveBackOpened(
  parts: SessionParts,
  { turnId, reservation, principal }: Reserved & { readonly reservation: TurnId },
): void {
  parts.held.release(reservation);
  if (reservation !== turnId || mayBeSettled(parts, turnId)) return;
  giveBack(parts, { turnId, principal });
}

function mayBeSettled(parts: SessionParts, turnId: TurnId): boolean {
  try {
    return willSettle(parts, turnId);
  } catch {
    return true; // nobody knows: the workspace will ask
  }
}
