/**
 * The deployment's keys as the gateway uses them, derived once for each isolate: derivation costs
 * more than what is done with the key.
 *
 * @module
 */

import { deriveKey, hmacHex, type KeyPurpose, sha256Hex } from '../blocks/kit/keys.ts';
import { type SigningKey, signingKey } from '../blocks/kit/signing-key.ts';
import type { KeyedHash } from '../core/primitives/ids.ts';

/** Purposes that name a workspace are many; beyond this number all are derived anew. */
const MAX_KEPT = 256;

const keys = new Map<string, Uint8Array>();

export function deploymentKey(masterKey: string, purpose: KeyPurpose): Uint8Array {
  const name = `${purpose}\n${masterKey}`;
  const kept = keys.get(name);
  if (kept !== undefined) return kept;
  const key = deriveKey(masterKey, purpose);
  if (keys.size >= MAX_KEPT) keys.clear();
  keys.set(name, key);
  return key;
}

export function deploymentHash(masterKey: string, purpose: KeyPurpose): KeyedHash {
  return (text) => hmacHex(deploymentKey(masterKey, purpose), text);
}

let auditSigner: { readonly masterKey: string; readonly key: SigningKey } | undefined;

/** Signs the checkpoints of every audit. */
export function auditKey(masterKey: string): SigningKey {
  if (auditSigner?.masterKey !== masterKey) {
    auditSigner = { masterKey, key: signingKey(masterKey, 'audit-signing') };
  }
  return auditSigner.key;
}

const rootHash = { token: '', hash: '' };

/** SHA-256 of the root token, which every request with it is compared to. */
export function hashOfRootToken(token: string): string {
  if (rootHash.token !== token) {
    rootHash.hash = sha256Hex(token);
    rootHash.token = token;
  }
  return rootHash.hash;
}
