/**
 * The secrets that must not be seen in what a call says, on its way or at its end.
 *
 * @module
 */

import { hasSettings, type TicketClaims } from '../core/executor-protocol/ticket.ts';
import type { KnownValues } from '../core/scan/known-values.ts';
import type { TurnState } from './turn-state.ts';

/** A call that was given none cannot have had one renewed: for it the vault is not asked anew. */
export function knownAfter(
  { ports }: Pick<TurnState, 'ports'>,
  claims: Pick<TicketClaims, 'wasm' | 'executor'>,
): Promise<KnownValues | undefined> | undefined {
  return ports.known?.(hasSettings(claims) ? 'present' : 'recent');
}
