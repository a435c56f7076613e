/**
 * Tickets: the claims of one approved call, signed so that a tier can tell who let it through.
 *
 * A ticket is `base64url(canonical JSON of the claims).audience.base64url(MAC)`, where the MAC
 * covers both parts before it. The audience names whoever may take it, such as one life of a lane.
 * Within a deployment the MAC is HMAC-SHA256 under a key that never leaves it. Verifying says that
 * the gate signed these claims for that audience, and nothing more: deadline, epoch and single use
 * are the tier's to enforce.
 *
 * @module
 */

import { createHmac, timingSafeEqual } from 'node:crypto';
import { claimsText, type TicketClaims } from '../core/executor-protocol/ticket.ts';

/** Longest ticket that is looked at, in characters. */
export const MAX_TICKET_LENGTH = 8_192;

/** Makes tickets; rivals differ in the kind of signature. */
export interface TicketSigner {
  /** `audience` holds no full stop. */
  sign(claims: TicketClaims, audience: string): string;
}

export interface VerifiedTicket {
  readonly claims: TicketClaims;
  readonly audience: string;
}

/** Signs for tiers inside the deployment. `key` is derived for the purpose `ticket`. */
export function createTicketSigner(key: Uint8Array): TicketSigner {
  return {
    sign(claims, audience) {
      const payload = Buffer.from(claimsText(claims), 'utf8').toString('base64url');
      const signed = `${payload}.${audience}`;
      return `${signed}.${macOf(key, signed).toString('base64url')}`;
    },
  };
}

/** What was signed, if this text was signed under this key, in exactly this spelling. */
export function verifyTicket(text: string, key: Uint8Array): VerifiedTicket | undefined {
  if (text.length > MAX_TICKET_LENGTH) return undefined;
  const signed = text.slice(0, Math.max(0, text.lastIndexOf('.')));
  const expected = Buffer.from(macOf(key, signed).toString('base64url'), 'latin1');
  const given = Buffer.from(text.slice(signed.length + 1), 'utf8');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  // What we signed was written by us, so it reads back as what it was.
  const [payload = '', audience = ''] = signed.split('.');
  return { claims: JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')), audience };
}

function macOf(key: Uint8Array, signed: string): Buffer {
  return createHmac('sha256', key).update(signed, 'latin1').digest();
}
