/**
 * Tickets for executors: JSON Web Tokens (RFC 7519) signed with the deployment's Ed25519 key, which
 * every executor has pinned. The audience is the node, so no other one takes it.
 *
 * @module
 */

import { CompactSign } from 'jose';
import { gatewayIdentity } from '../../blocks/kit/gateway-identity.ts';
import { randomHex } from '../../blocks/kit/keys.ts';
import type { NodeCeiling } from '../../core/executor-protocol/executor-run.ts';
import {
  MAX_TICKET_LIFE_MS,
  NODE_TICKET_HEADER,
} from '../../core/executor-protocol/node-ticket-claims.ts';
import type { TicketClaims } from '../../core/executor-protocol/ticket.ts';
import { toUtf8 } from '../../core/primitives/utf8.ts';

const TICKET_ID_BYTES = 16;

export interface NodeTicketSigner {
  sign(claims: TicketClaims, node: string, ceiling: NodeCeiling): Promise<string>;
}

/** Keys are imported once for each isolate: that costs as much as a signature. */
const keys = new Map<string, Promise<CryptoKey>>();

export function createNodeTicketSigner(masterKey: string): NodeTicketSigner {
  return {
    async sign(claims, node, ceiling) {
      const key = await keyOf(masterKey);
      const issuedAt = Date.now();
      const expiresAt = Math.min(claims.deadlineAt, issuedAt + MAX_TICKET_LIFE_MS);
      const { allow, deny } = ceiling;
      const payload = {
        ...{ call: claims, ceiling: { allow, deny }, aud: node, jti: randomHex(TICKET_ID_BYTES) },
        iat: Math.floor(issuedAt / 1_000),
        exp: Math.ceil(expiresAt / 1_000),
      };
      // As text: a builder of claims would first make a copy of everything in them.
      return await new CompactSign(toUtf8(JSON.stringify(payload)))
        .setProtectedHeader(NODE_TICKET_HEADER)
        .sign(key);
    },
  };
}

function keyOf(masterKey: string): Promise<CryptoKey> {
  const known = keys.get(masterKey);
  if (known !== undefined) return known;
  const { pkcs8 } = gatewayIdentity(masterKey);
  const key = crypto.subtle.importKey('pkcs8', pkcs8, { name: 'Ed25519' }, false, ['sign']);
  keys.clear();
  keys.set(masterKey, key);
  return key;
}
