/**
 * Encrypts the secrets of a call for the node that will run it (RFC 7516, ECDH-ES). The header names
 * the ticket by hash, so they cannot be sent along with another one.
 *
 * @module
 */

import { CompactEncrypt } from 'jose';
import { sha256Hex } from '../../blocks/kit/keys.ts';
import { type CallSecret, SEALING } from '../../core/executor-protocol/sealed-secrets.ts';
import { toUtf8 } from '../../core/primitives/utf8.ts';

/** `sealingKey`: X25519, base64url, as the node has signed it. */
export async function sealSecrets(
  secrets: readonly CallSecret[],
  sealingKey: string,
  ticket: string,
): Promise<string> {
  const { alg, enc, typ } = SEALING;
  const key = { kty: 'OKP', crv: 'X25519', x: sealingKey };
  return await new CompactEncrypt(toUtf8(JSON.stringify(secrets)))
    .setProtectedHeader({ alg, enc, typ, tkt: sha256Hex(ticket) })
    .encrypt(key);
}
