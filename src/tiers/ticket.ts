/**
 * Tickets: the claims of one approved call, signed so that a tier can tell who let it through.
 *
 * A ticket is `base64url(canonical JSON of the claims).base64url(MAC)`. Within a deployment the
 * MAC is HMAC-SHA256 under a key that never leaves it. Verifying says that the gate signed these
 * claims, and nothing more: deadline, epoch and single use are the tier's to enforce.
 *
 * @module
 */

import { createHmac, timingSafeEqual } from 'node:crypto';
import { claimsText, type TicketClaims } from '../core/executor-protocol/ticket.ts';

/** Longest ticket that is looked at, in characters. */
export const MAX_TICKET_LENGTH = 8_192;

/** Makes tickets; rivals differ in the kind of signature. */
export interface TicketSigner {
  sign(claims: TicketClaims): string;
}

/** Signs for tiers inside the deployment. `key` is derived for the purpose `ticket`. */
export function createTicketSigner(key: Uint8Array): TicketSigner {
  return {
    sign(claims) {
      const payload = Buffer.from(claimsText(claims), 'utf8').toString('base64url');
      return `${payload}.${macOf(key, payload).toString('base64url')}`;
    },
  };
}

/** The claims if this text was signed under this key, in exactly this spelling. */
export function verifyTicket(text: string, key: Uint8Array): TicketClaims | undefined {
  if (text.length > MAX_TICKET_LENGTH) return undefined;
  const dot = text.indexOf('.');
  if (dot === -1) return undefined;
  const payload = text.slice(0, dot);
  const expected = Buffer.from(macOf(key, payload).toString('base64url'), 'latin1');
  const given = Buffer.from(text.slice(dot + 1), 'utf8');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  // What we signed was written by us, so it reads back as what it was.
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
}

function macOf(key: Uint8Array, payload: string): Buffer {
  return createHmac('sha256', key).update(payload, 'latin1').digest();
}
