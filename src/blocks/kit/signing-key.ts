/**
 * Ed25519 keys (RFC 8032) of the deployment, each derived from the master key for one purpose.
 *
 * @module
 */

import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { deriveKey, type KeyPurpose } from './keys.ts';

/** What stands before the 32 bytes of a seed in the DER form of a private key (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

export interface SigningKey {
  /** 32 bytes, base64url. */
  readonly publicKey: string;
  /** The signature over a text in UTF-8: 64 bytes, base64url. */
  readonly sign: (text: string) => string;
}

/** Derives the key: make it once and keep it. */
export function signingKey(masterKey: string, purpose: KeyPurpose): SigningKey {
  const der = Buffer.concat([PKCS8_PREFIX, deriveKey(masterKey, purpose)]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '';
  return {
    publicKey,
    sign: (text) => sign(null, Buffer.from(text, 'utf8'), privateKey).toString('base64url'),
  };
}
