/**
 * Whether the deployment's own secrets look as if chance had made them. A yes proves nothing; a no is
 * certain.
 *
 * @module
 */

import { fromBase64Url } from '../primitives/base64url.ts';

const MASTER_KEY_BYTES = 32;
/** Of 32 random bytes fewer are different once in 10^15 times. */
const LEAST_DIFFERENT_BYTES = 20;
/** Bits of a root token, if its characters were independent. */
const LEAST_TOKEN_BITS = 128;
/** Said by `npm start` for every token that it makes, so it adds nothing. */
const TOKEN_PREFIX = /^sproot_/;

/** `text` as the platform holds it: base64url without padding. */
export function isStrongMasterKey(text: string): boolean {
  const bytes = fromBase64Url(text);
  if (bytes?.length !== MASTER_KEY_BYTES) return false;
  return new Set(bytes).size >= LEAST_DIFFERENT_BYTES && !isProgression(bytes);
}

export function isStrongRootToken(text: string): boolean {
  const rest = text.replace(TOKEN_PREFIX, '');
  const different = new Set(rest).size;
  return different > 1 && rest.length * Math.log2(different) >= LEAST_TOKEN_BITS;
}

/** 0, 1, 2, 3 and the like, as examples have it. */
function isProgression(bytes: Uint8Array): boolean {
  const step = (bytes[1] ?? 0) - (bytes[0] ?? 0);
  return bytes.every(
    (byte, index) => index === 0 || (byte - (bytes[index - 1] ?? 0) - step) % 256 === 0,
  );
}
