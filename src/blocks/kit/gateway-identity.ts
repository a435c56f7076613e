/**
 * By what executors know this deployment: one Ed25519 key (RFC 8032), derived from the master key.
 *
 * It signs connections and tickets. Executors pin its public half when they are enrolled, so
 * another master key is another gateway to them.
 *
 * @module
 */

import { type SigningKey, signingKey } from './signing-key.ts';

/** Derives the key: make it once and keep it. */
export function gatewayIdentity(masterKey: string): SigningKey {
  return signingKey(masterKey, 'gateway-identity');
}
