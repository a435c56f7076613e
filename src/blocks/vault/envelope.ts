/**
 * Authenticated encryption of the vault: AES-256-GCM (NIST SP 800-38D), with what the plain text is
 * about as associated data, so that nothing sealed can stand in for anything else.
 *
 * Every seal has a random nonce of 96 bits. A data key seals a few thousand values in its life, far
 * from the 2^32 after which random nonces are not safe any more.
 *
 * @module
 */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { canonicalJson } from '../../core/primitives/canonical-json.ts';
import type { JsonObject } from '../../core/primitives/json.ts';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Nonce, cipher text and tag, one after the other. */
export type Sealed = Uint8Array;

export function seal(key: Uint8Array, plain: Uint8Array, about: JsonObject): Sealed {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(toAssociatedData(about));
  const sealed = [cipher.update(plain), cipher.final()];
  return Buffer.concat([nonce, ...sealed, cipher.getAuthTag()]);
}

/** `undefined` unless it was sealed with this key, about exactly this, and is unchanged. */
export function open(key: Uint8Array, sealed: Sealed, about: JsonObject): Uint8Array | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const tagFrom = sealed.length - TAG_BYTES;
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(toAssociatedData(about));
  decipher.setAuthTag(sealed.subarray(tagFrom));
  try {
    return Buffer.concat([
      decipher.update(sealed.subarray(NONCE_BYTES, tagFrom)),
      decipher.final(),
    ]);
  } catch {
    return undefined;
  }
}

/** Canonical JSON: no two things that a seal can be about are written alike. */
function toAssociatedData(about: JsonObject): Uint8Array {
  return Buffer.from(canonicalJson(about), 'utf8');
}
