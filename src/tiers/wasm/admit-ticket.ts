/**
 * Decides whether a lane runs the call that a ticket names, and uses the ticket up if so.
 *
 * @module
 */

import { sha256Hex } from '../../blocks/kit/keys.ts';
import type { TicketClaims, WasmRun } from '../../core/executor-protocol/ticket.ts';
import { canonicalJson } from '../../core/primitives/canonical-json.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import { verifyTicket } from '../ticket.ts';
import type { LaneStore } from './lane-store.ts';
import { MAX_TICKET_MS, type UsedTickets } from './used-tickets.ts';

/** Claims that the wasm tier can run. */
export type WasmClaims = TicketClaims & { readonly tier: 'wasm'; readonly wasm: WasmRun };

export interface TicketOffice {
  readonly key: Uint8Array;
  readonly store: Pick<LaneStore, 'outcome'>;
  readonly used: UsedTickets;
  /** Whether this is the lane of that workspace. */
  readonly serves: (workspace: string) => boolean;
  /** Whether its plugin was stopped since the call was approved. */
  readonly isWithdrawn: (claims: TicketClaims) => boolean;
}

export interface OfferedTicket {
  readonly ticket: string;
  readonly argumentsText: string;
  readonly config?: JsonObject | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** `other_life`: the ticket is in order, but was not signed for this life of the lane. */
export type TicketRefusal = 'ticket_refused' | 'deadline' | 'plugin_stopped' | 'other_life';

/** Cheap refusals first; nothing is used up unless the call will be run. */
export function admitTicket(
  office: TicketOffice,
  { ticket, argumentsText, config, now }: OfferedTicket,
): Result<WasmClaims, TicketRefusal> {
  const verified = verifyTicket(ticket, office.key);
  const claims = verified?.claims;
  if (claims === undefined || !isForWasm(claims) || !office.serves(claims.workspace)) {
    return err('ticket_refused');
  }
  if (now >= claims.deadlineAt) return err('deadline');
  if (claims.deadlineAt - now > MAX_TICKET_MS) return err('ticket_refused');
  if (verified?.audience !== office.used.life) return err('other_life');
  if (office.isWithdrawn(claims)) return err('plugin_stopped');
  if (sha256Hex(argumentsText) !== claims.argumentHash) return err('ticket_refused');
  const configHash = config && sha256Hex(canonicalJson(config));
  if (configHash !== claims.wasm.configHash) return err('ticket_refused');
  if (!isUnused(office, claims)) return err('ticket_refused');
  office.used.use(claims, now);
  return ok(claims);
}

/**
 * A call whose outcome was lost may be started once more by a newer run of its turn: whether it may
 * is for the gate to decide, which signs no second ticket for a call that is not repeatable.
 */
function isUnused({ used, store }: TicketOffice, { callKey, epoch }: WasmClaims): boolean {
  if (epoch < used.newestEpoch(callKey)) return false;
  const before = used.usedUnder(callKey);
  if (before === undefined) return true;
  return epoch > before && store.outcome(callKey) === undefined;
}

function isForWasm(claims: TicketClaims): claims is WasmClaims {
  return claims.tier === 'wasm' && claims.wasm !== undefined;
}
