/**
 * The key for which a gateway encrypts secrets: X25519, derived from the key that this machine is
 * known by, so that there is nothing more to keep, and signed with it, so that nobody can put another
 * one in its place.
 *
 * @module
 */

import { createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from 'node:crypto';
import { compactDecrypt } from 'jose';
import type { NodeOffer } from '../core/executor-protocol/node-offer.ts';
import {
  type CallSecret,
  parseCallSecrets,
  SEALING,
  sealingKeyText,
} from '../core/executor-protocol/sealed-secrets.ts';
import { type Identity, signText } from './identity.ts';

const KEY_BYTES = 32;
const PURPOSE = 'sallyport executor sealing key v1';

/** RFC 8410: what stands before the 32 bytes of an X25519 key in PKCS 8. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');

export interface SealingKey {
  readonly offer: NonNullable<NodeOffer['sealing']>;
  /** Nothing unless it was sealed for this key, under the ticket with this hash. */
  readonly open: (sealed: string, ticketHash: string) => Promise<readonly CallSecret[] | undefined>;
}

export function createSealingKey({
  node,
  privateKey,
}: Pick<Identity, 'node' | 'privateKey'>): SealingKey {
  const own = derive(privateKey);
  const key = createPublicKey(own).export({ format: 'jwk' }).x ?? '';
  const signature = signText(privateKey, sealingKeyText(node, key));
  return {
    offer: { key, signature },
    open: (sealed, ticketHash) => open(own, sealed, ticketHash),
  };
}

function derive(privateKey: string): KeyObject {
  // The seed is the last thing in the PKCS 8 of an Ed25519 key.
  const seed = Buffer.from(privateKey, 'base64url').subarray(-KEY_BYTES);
  const derived = Buffer.from(hkdfSync('sha256', seed, '', PURPOSE, KEY_BYTES));
  const der = Buffer.concat([PKCS8_PREFIX, derived]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

async function open(
  key: KeyObject,
  sealed: string,
  ticketHash: string,
): Promise<readonly CallSecret[] | undefined> {
  const { alg, enc, typ } = SEALING;
  try {
    const { plaintext, protectedHeader } = await compactDecrypt(sealed, key, {
      keyManagementAlgorithms: [alg],
      contentEncryptionAlgorithms: [enc],
    });
    const isForTicket = protectedHeader.typ === typ && protectedHeader.tkt === ticketHash;
    return isForTicket ? parseCallSecrets(Buffer.from(plaintext).toString('utf8')) : undefined;
  } catch {
    return undefined;
  }
}
