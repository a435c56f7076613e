/**
 * What a review needs of a platform, from Node.
 *
 * @module
 */

import { createHash, createPublicKey, verify } from 'node:crypto';
import type { ReviewPlatform } from '../../plugin-review/submission.ts';

export const NODE_PLATFORM: ReviewPlatform = {
  validate: (bytes) => WebAssembly.validate(Uint8Array.from(bytes)),
  sha256Hex: (value) => createHash('sha256').update(value).digest('hex'),
  verify: (publicKey, message, signature) => {
    const x = Buffer.from(publicKey).toString('base64url');
    try {
      const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
      return verify(null, message, key, signature);
    } catch {
      return false; // no point of the curve
    }
  },
};
