/**
 * Keys, keyed hashes and chance for the blocks and the gateway. Everything is synchronous.
 *
 * Each use of the master key has a purpose of its own, so that a hash made for one can never pass
 * for another. Keys are compared and derived here, never stored.
 *
 * @module
 */

import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { Fault } from '../../core/errors/fault.ts';
import type { KeyedHash } from '../../core/primitives/ids.ts';

/** Bytes of the master key, and of every key derived from it. */
const KEY_BYTES = 32;

/** 32 bytes as base64url without padding: 43 digits, the last of which ends in two zero bits. */
const MASTER_KEY = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** A previous one that is none has sealed nothing. */
export function isMasterKey(text: string | undefined): text is string {
  return text !== undefined && MASTER_KEY.test(text);
}

/** What a key is for; those of a workspace carry its id, as in `audit-args:acme`. */
export type KeyPurpose =
  | 'session-ids'
  | 'block-ids'
  | 'token-check'
  | 'ticket'
  | 'node-ids'
  | 'gateway-identity'
  | 'mcp-state'
  | 'sign-in-state'
  | 'channel-ids'
  | `channel:${string}`
  | `audit-args:${string}`
  | `audit-checkpoint:${string}`
  | 'audit-signing'
  | `vault:${string}`;

/**
 * The key for one purpose (HKDF-SHA256, RFC 5869, without salt).
 *
 * @throws Fault `internal` if the master key is not 32 bytes of base64url.
 */
export function deriveKey(masterKey: string, purpose: KeyPurpose): Uint8Array {
  if (!MASTER_KEY.test(masterKey)) {
    throw new Fault('internal', 'Cannot use SALLYPORT_MASTER_KEY: it must be 32 bytes, base64url');
  }
  const secret = Buffer.from(masterKey, 'base64url');
  return new Uint8Array(hkdfSync('sha256', secret, '', `sallyport:${purpose}`, KEY_BYTES));
}

/** HMAC-SHA256 as lower-case hex. */
export function hmacHex(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('hex');
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

/** SHA-256 as lower-case hex; text is hashed as UTF-8. */
export function sha256Hex(value: Uint8Array | string): string {
  return createHash('sha256').update(value).digest('hex');
}

/** A keyed hash for one purpose. Derives its key once: make it once and keep it. */
export function keyedHash(masterKey: string, purpose: KeyPurpose): KeyedHash {
  const key = deriveKey(masterKey, purpose);
  return (text) => hmacHex(key, text);
}

/** Two digits for each byte. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Fresh random bytes as lower-case hex, two digits a byte. */
export function randomHex(bytes: number): string {
  let hex = '';
  for (const byte of crypto.getRandomValues(new Uint8Array(bytes))) hex += HEX[byte];
  return hex;
}

/** Fresh random bytes as base64url without padding. */
export function randomBase64Url(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}

/** Whether two texts are equal, in a time that tells only whether their lengths are. */
export function equalConstantTime(a: string, b: string): boolean {
  const left = Buffer.from(a, 'utf8');
  const right = Buffer.from(b, 'utf8');
  return left.length === right.length && timingSafeEqual(left, right);
}
