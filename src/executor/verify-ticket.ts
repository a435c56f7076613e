/**
 * Whether a ticket was signed by the gateway that this node belongs to, for this node, for just
 * now, and for the arguments that came with it. Whether it was taken before is the ledger's to say.
 *
 * @module
 */

import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { type GatewayFrame, MAX_TICKET_CHARS } from '../core/executor-protocol/frames.ts';
import {
  MAX_CLOCK_SKEW_MS,
  MAX_TICKET_LIFE_MS,
  NODE_TICKET_HEADER,
  type NodeTicket,
  readNodeTicket,
} from '../core/executor-protocol/node-ticket-claims.ts';
import { parseJson } from '../core/primitives/parse-json.ts';
import { err, ok, type Result } from '../core/primitives/result.ts';
import { sha256Text } from './sha256.ts';

const HEADER = Buffer.from(JSON.stringify(NODE_TICKET_HEADER)).toString('base64url');

/** Header, payload and signature (RFC 7515 §3.1), the last an Ed25519 one. */
const TICKET = /^([\w-]+)\.([\w-]+)\.([\w-]{86})$/;

const MAX_DEPTH = 16;

export type CallFrame = Extract<GatewayFrame, { kind: 'call' }>;

export interface OfferedTicket {
  readonly callKey: string;
  readonly ticket: string;
  readonly argumentsText: string;
  readonly configText?: string;
  /** Not looked at here: what opens them finds out whether they belong to the ticket. */
  readonly sealedSecrets?: string;
}

export interface VerifiedTicket extends NodeTicket {
  /** SHA-256 of its text, lower-case hex. */
  readonly hash: string;
}

export type TicketProblem =
  | 'not_signed'
  | 'malformed'
  | 'other_node'
  | 'not_fresh'
  | 'clock_behind'
  | 'other_call'
  | 'other_arguments'
  | 'other_settings'
  | 'deadline';

/**
 * At once, so that nothing comes between a call, its ticket and the ledger: what is asked of a call
 * after it came finds it there.
 */
export interface TicketVerifier {
  verify(offered: OfferedTicket, now: number): Result<VerifiedTicket, TicketProblem>;
}

export function toOffered({
  callKey,
  ticket,
  arguments: argumentsText,
  config,
  secrets,
}: CallFrame): OfferedTicket {
  return {
    ...{ callKey, ticket, argumentsText },
    ...(config !== undefined && { configText: config }),
    ...(secrets !== undefined && { sealedSecrets: secrets }),
  };
}

/** `gatewayKey`: Ed25519, base64url. */
export function createTicketVerifier(gatewayKey: string, node: string): TicketVerifier {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: gatewayKey };
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return {
    verify(offered, now) {
      const payload = readSigned(key, offered.ticket);
      if (payload === undefined) return err('not_signed');
      const ticket = readNodeTicket(payload);
      if (ticket === undefined) return err('malformed');
      if (ticket.audience !== node) return err('other_node');
      if (now - ticket.issuedAt * 1_000 < -MAX_CLOCK_SKEW_MS) return err('clock_behind');
      if (!isFresh(ticket, now)) return err('not_fresh');
      return judge(offered, ticket, now);
    },
  };
}

/** The payload, if the token has the header of a ticket and was signed by this key. */
function readSigned(key: KeyObject, token: string): unknown {
  const [, header = '', payload = '', signature = ''] = TICKET.exec(token) ?? [];
  if (header !== HEADER) return undefined;
  const signed = Buffer.from(`${header}.${payload}`, 'latin1');
  if (!verify(null, signed, key, Buffer.from(signature, 'base64url'))) return undefined;
  const text = Buffer.from(payload, 'base64url').toString('utf8');
  const json = parseJson(text, { maxBytes: MAX_TICKET_CHARS, maxDepth: MAX_DEPTH });
  return json.ok ? json.value : undefined;
}

function isFresh({ issuedAt, expiresAt }: NodeTicket, now: number): boolean {
  const endsAt = Math.min(issuedAt * 1_000 + MAX_TICKET_LIFE_MS, expiresAt * 1_000);
  return now < endsAt + MAX_CLOCK_SKEW_MS;
}

function judge(
  { callKey, ticket: text, argumentsText, configText }: OfferedTicket,
  ticket: NodeTicket,
  now: number,
): Result<VerifiedTicket, TicketProblem> {
  const { call } = ticket;
  if (call.callKey !== callKey) return err('other_call');
  if (sha256Text(argumentsText) !== call.argumentHash) return err('other_arguments');
  const configHash = configText === undefined ? undefined : sha256Text(configText);
  if (configHash !== call.executor.configHash) return err('other_settings');
  if (now > call.deadlineAt + MAX_CLOCK_SKEW_MS) return err('deadline');
  return ok({ ...ticket, hash: sha256Text(text) });
}
