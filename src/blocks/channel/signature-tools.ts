/**
 * The cryptography that adapters ask for.
 *
 * @module
 */

import { createHmac } from 'node:crypto';
import type { SignatureTools } from '../../channels/adapter.ts';
import { equalConstantTime } from '../kit/keys.ts';
import { verifyEd25519 } from '../kit/signatures.ts';

export const SIGNATURE_TOOLS: SignatureTools = {
  hmacSha256: (key, parts) => {
    const mac = createHmac('sha256', key);
    for (const part of parts) mac.update(part);
    return new Uint8Array(mac.digest());
  },
  equal: equalConstantTime,
  verifyEd25519,
};
