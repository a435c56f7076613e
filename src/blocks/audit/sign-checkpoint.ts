/**
 * Signs what a chain's Merkle tree is at a moment, for those who keep it elsewhere.
 *
 * @module
 */

import { writeBody, writeNote } from '../../core/audit/checkpoint.ts';
import { sha256 } from '../kit/keys.ts';
import type { SigningKey } from '../kit/signing-key.ts';
import type { CheckpointNote } from './audit-api.ts';

export interface TreeHead {
  readonly workspace: string;
  readonly size: number;
  readonly root: Uint8Array;
  /** Epoch milliseconds. */
  readonly at: number;
}

export function signCheckpoint(head: TreeHead, key: SigningKey): CheckpointNote {
  const body = writeBody(head);
  const signature = Buffer.from(key.sign(body), 'base64url');
  const publicKey = Buffer.from(key.publicKey, 'base64url');
  const note = writeNote({ checkpoint: head, body, signature }, publicKey, sha256);
  return { size: head.size, at: head.at, note };
}
