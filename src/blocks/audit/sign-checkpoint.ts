/**
 * Signs what a chain's Merkle tree is at a moment, for those who keep it elsewhere.
 *
 * @module
 */

import { type Checkpoint, writeBody, writeNote } from '../../core/audit/checkpoint.ts';
import { sha256 } from '../kit/keys.ts';
import type { SigningKey } from '../kit/signing-key.ts';
import type { CheckpointNote } from './audit-api.ts';

export function signCheckpoint(checkpoint: Checkpoint, key: SigningKey): CheckpointNote {
  const body = writeBody(checkpoint);
  const signature = Buffer.from(key.sign(body), 'base64url');
  const publicKey = Buffer.from(key.publicKey, 'base64url');
  const note = writeNote({ checkpoint, body, signature }, publicKey, sha256);
  return { size: checkpoint.size, at: checkpoint.at, note };
}
