/**
 * Ed25519 (RFC 8032), verified by the platform. Nothing here signs.
 *
 * @module
 */

import { createPublicKey, type KeyObject, verify } from 'node:crypto';

/** What stands before the 32 bytes of a key in its DER form (RFC 8410). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** Keys are read once for each isolate: that takes about as long as a signature. */
const MAX_KEPT = 256;
const kept = new Map<string, KeyObject>();

/** Whether a signature holds. Whatever is no key or no signature does not. */
export function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    return verify(null, message, keyOf(publicKey), signature);
  } catch {
    return false;
  }
}

/** @throws whatever the platform does if it is no key. */
function keyOf(publicKey: Uint8Array): KeyObject {
  const name = Buffer.from(publicKey).toString('base64');
  const known = kept.get(name);
  if (known !== undefined) return known;
  const der = Buffer.concat([SPKI_PREFIX, publicKey]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(name, key);
  return key;
}
