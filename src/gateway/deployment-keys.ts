/**
 * The gateway's own keyed hashes, derived once for each isolate.
 *
 * @module
 */

import { type KeyPurpose, keyedHash } from '../blocks/kit/keys.ts';
import type { KeyedHash } from '../core/primitives/ids.ts';

const derived = new Map<string, KeyedHash>();

/** Derivation costs more than the hash itself. There is one master key and a handful of purposes. */
export function deploymentHash(
  masterKey: string,
  purpose: Extract<KeyPurpose, 'session-ids' | 'token-check'>,
): KeyedHash {
  const known = derived.get(`${purpose}:${masterKey}`);
  if (known !== undefined) return known;
  const hash = keyedHash(masterKey, purpose);
  derived.set(`${purpose}:${masterKey}`, hash);
  return hash;
}
