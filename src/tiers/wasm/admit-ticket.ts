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

/** Claims that the wasm tier can run. */
export type WasmClaims = TicketClaims & { readonly tier: 'wasm'; readonly wasm: WasmRun };

export interface TicketOffice {
  readonly key: Uint8Array;
  readonly store: LaneStore;
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

/** Cheap refusals first; nothing is written unless the call will be run. */
export function admitTicket(
  office: TicketOffice,
  { ticket, argumentsText, config, now }: OfferedTicket,
): Result<WasmClaims, 'ticket_refused' | 'deadline' | 'plugin_stopped'> {
  const claims = verifyTicket(ticket, office.key);
  if (claims === undefined || !isForWasm(claims) || !office.serves(claims.workspace)) {
    return err('ticket_refused');
  }
  if (now >= claims.deadlineAt) return err('deadline');
  if (office.isWithdrawn(claims)) return err('plugin_stopped');
  if (sha256Hex(argumentsText) !== claims.argumentHash) return err('ticket_refused');
  const configHash = config && sha256Hex(canonicalJson(config));
  if (configHash !== claims.wasm.configHash) return err('ticket_refused');
  if (claims.epoch < office.store.newestEpoch(claims.callKey)) return err('ticket_refused');
  return office.store.start(claims, now) ? ok(claims) : err('ticket_refused');
}

function isForWasm(claims: TicketClaims): claims is WasmClaims {
  return claims.tier === 'wasm' && claims.wasm !== undefined;
}
