/**
 * Whether a ticket was signed by the gateway that this node belongs to, for this node, for just
 * now, and for the arguments that came with it. Whether it was taken before is the ledger's to say.
 *
 * @module
 */

import { importJWK, jwtVerify } from 'jose';
import {
  MAX_CLOCK_SKEW_MS,
  MAX_TICKET_LIFE_MS,
  NODE_TICKET_TYPE,
  type NodeTicket,
  readNodeTicket,
} from '../core/executor-protocol/node-ticket-claims.ts';
import { err, ok, type Result } from '../core/primitives/result.ts';
import { sha256Text } from './sha256.ts';

export interface OfferedTicket {
  readonly callKey: string;
  readonly ticket: string;
  readonly argumentsText: string;
  readonly configText?: string;
  /** Not looked at here: what opens them finds out whether they belong to the ticket. */
  readonly sealedSecrets?: string;
}

export interface VerifiedTicket extends NodeTicket {
  readonly id: string;
  /** SHA-256 of its text, lower-case hex. */
  readonly hash: string;
}

export type TicketProblem =
  | 'not_signed'
  | 'malformed'
  | 'other_call'
  | 'other_arguments'
  | 'other_settings'
  | 'deadline';

export interface TicketVerifier {
  verify(offered: OfferedTicket, now: number): Promise<Result<VerifiedTicket, TicketProblem>>;
}

/** `gatewayKey`: Ed25519, base64url. */
export async function createTicketVerifier(
  gatewayKey: string,
  node: string,
): Promise<TicketVerifier> {
  const key = await importJWK({ kty: 'OKP', crv: 'Ed25519', x: gatewayKey }, 'EdDSA');
  return {
    async verify(offered, now) {
      try {
        const { payload } = await jwtVerify(offered.ticket, key, {
          algorithms: ['EdDSA'],
          typ: NODE_TICKET_TYPE,
          audience: node,
          clockTolerance: MAX_CLOCK_SKEW_MS / 1_000,
          maxTokenAge: MAX_TICKET_LIFE_MS / 1_000,
          requiredClaims: ['jti', 'iat', 'exp', 'aud'],
          currentDate: new Date(now),
        });
        return judge(offered, payload, now);
      } catch {
        return err('not_signed');
      }
    },
  };
}

function judge(
  { callKey, ticket, argumentsText, configText }: OfferedTicket,
  payload: { readonly jti?: string },
  now: number,
): Result<VerifiedTicket, TicketProblem> {
  const read = readNodeTicket(payload);
  if (read === undefined || payload.jti === undefined) return err('malformed');
  const { call } = read;
  if (call.callKey !== callKey) return err('other_call');
  if (sha256Text(argumentsText) !== call.argumentHash) return err('other_arguments');
  const configHash = configText === undefined ? undefined : sha256Text(configText);
  if (configHash !== call.executor.configHash) return err('other_settings');
  if (now > call.deadlineAt + MAX_CLOCK_SKEW_MS) return err('deadline');
  return ok({ ...read, id: payload.jti, hash: sha256Text(ticket) });
}
