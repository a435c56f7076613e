/**
 * Tickets for executors: JSON Web Tokens (RFC 7519) signed with the deployment's Ed25519 key, which
 * every executor has pinned. The audience is the node, so no other one takes it.
 *
 * Written out here, and signed at once: one header and one algorithm need no library.
 *
 * @module
 */

import { gatewayIdentity } from '../../blocks/kit/gateway-identity.ts';
import { randomHex } from '../../blocks/kit/keys.ts';
import type { SigningKey } from '../../blocks/kit/signing-key.ts';
import type { NodeCeiling } from '../../core/executor-protocol/executor-run.ts';
import {
  MAX_TICKET_LIFE_MS,
  NODE_TICKET_HEADER,
} from '../../core/executor-protocol/node-ticket-claims.ts';
import type { TicketClaims } from '../../core/executor-protocol/ticket.ts';

const TICKET_ID_BYTES = 16;

const HEADER = toBase64Url(NODE_TICKET_HEADER);

export interface NodeTicketSigner {
  sign(claims: TicketClaims, node: string, ceiling: NodeCeiling): string;
}

/** Keys are derived once for each isolate: that costs as much as a signature. */
const identities = new Map<string, SigningKey>();

export function createNodeTicketSigner(masterKey: string): NodeTicketSigner {
  return {
    sign(claims, node, ceiling) {
      const issuedAt = Date.now();
      const expiresAt = Math.min(claims.deadlineAt, issuedAt + MAX_TICKET_LIFE_MS);
      const { allow, deny } = ceiling;
      const payload = {
        ...{ call: claims, ceiling: { allow, deny }, aud: node, jti: randomHex(TICKET_ID_BYTES) },
        iat: Math.floor(issuedAt / 1_000),
        exp: Math.ceil(expiresAt / 1_000),
      };
      const signed = `${HEADER}.${toBase64Url(payload)}`;
      return `${signed}.${identityOf(masterKey).sign(signed)}`;
    },
  };
}

function identityOf(masterKey: string): SigningKey {
  const known = identities.get(masterKey);
  if (known !== undefined) return known;
  const identity = gatewayIdentity(masterKey);
  identities.clear();
  identities.set(masterKey, identity);
  return identity;
}

function toBase64Url(value: object): string {
  return Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');
}
