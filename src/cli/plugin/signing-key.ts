/**
 * Keys that sign plugins: Ed25519, in a file that nobody but its owner can read.
 *
 * @module
 */

import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { readShape } from '../../core/errors/pointer-errors.ts';
import { KEY_ID, type TrustedKey } from '../../core/policy/plugin-policy.ts';
import { CommandFailure } from '../command-failure.ts';
import { readJson } from '../read-file.ts';

const MAX_KEY_BYTES = 4_096;
const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

export interface SigningKey {
  readonly keyId: string;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

const member = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes as base64url');

const keySchema = z.strictObject({
  keyId: z.string().regex(KEY_ID, 'must match [a-z0-9][a-z0-9._-]{0,63}'),
  publicKey: member,
  privateKey: member,
});

/**
 * Makes a key and keeps it in a new file; what exists is never written to. Answers what a
 * workspace's policy takes, which is no secret.
 */
export function makeSigningKey(path: string, keyId: string): TrustedKey {
  if (!KEY_ID.test(keyId)) {
    throw CommandFailure.usage(
      `Cannot name a key "${keyId}": it must match [a-z0-9][a-z0-9._-]{0,63}`,
    );
  }
  const { x = '', d = '' } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const text = JSON.stringify({ keyId, publicKey: x, privateKey: d }, null, 2);
  try {
    writeFileSync(path, `${text}\n`, { mode: OWNER_ONLY, flag: 'wx' });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : error;
    const reason = code === 'EEXIST' ? 'it must not exist yet' : String(code);
    throw CommandFailure.usage(`Cannot write the key "${path}": ${reason}`);
  }
  return { keyId, publicKey: x };
}

export function readSigningKey(path: string): SigningKey {
  const json = readJson(path, MAX_KEY_BYTES);
  if (process.platform !== 'win32' && (statSync(path).mode & OTHERS) !== 0) {
    throw CommandFailure.usage(
      `Cannot use the key "${path}": only its owner must be able to read it; run: chmod 600`,
    );
  }
  const read = readShape(keySchema, json);
  const key = read.ok ? toKeyObject(read.value) : undefined;
  if (!read.ok || key === undefined) {
    throw CommandFailure.usage(
      `Cannot use the key "${path}": it must be one that "plugin keygen" has made`,
    );
  }
  return { keyId: read.value.keyId, sign: (message) => new Uint8Array(sign(null, message, key)) };
}

/** Nothing, if the halves of the key are no pair. */
function toKeyObject({ publicKey, privateKey }: z.infer<typeof keySchema>): KeyObject | undefined {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: publicKey, d: privateKey };
  try {
    const key = createPrivateKey({ key: jwk, format: 'jwk' });
    return key.export({ format: 'jwk' }).x === publicKey ? key : undefined;
  } catch {
    return undefined;
  }
}
