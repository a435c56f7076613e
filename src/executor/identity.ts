/**
 * Who this executor is: an Ed25519 key that never leaves the machine, and the gateway that it was
 * enrolled at, whose key is pinned.
 *
 * @module
 */

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { err, ok, type Result } from '../core/primitives/result.ts';
import { type ExecutorHome, isOpenToOthers, makeHome } from './executor-home.ts';

/** As stored. */
const identitySchema = z.strictObject({
  gatewayUrl: z.string(),
  workspace: z.string(),
  node: z.string(),
  name: z.string(),
  /** Ed25519, 32 bytes as base64url: the gateway's public key. */
  gatewayKey: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** PKCS 8 as base64url. */
  privateKey: z.string(),
});

export type Identity = z.infer<typeof identitySchema>;

export interface IdentityProblem {
  readonly code: 'not_enrolled' | 'identity_unsafe' | 'identity_malformed';
  readonly message: string;
}

export interface ExecutorKey {
  /** PKCS 8 as base64url. */
  readonly privateKey: string;
  /** 32 bytes as base64url. */
  readonly publicKey: string;
}

export function makeKey(): ExecutorKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privateKey: privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64url'),
    publicKey: publicKey.export({ format: 'jwk' }).x ?? '',
  };
}

/** 64 bytes as base64url. */
export function signText(privateKey: string, text: string): string {
  return sign(null, Buffer.from(text, 'utf8'), keyOf(privateKey)).toString('base64url');
}

/** The one that was used last: reading it takes longer than signing with it. */
let lastKey: { readonly text: string; readonly key: KeyObject } | undefined;

function keyOf(text: string): KeyObject {
  if (lastKey?.text !== text) {
    const der = Buffer.from(text, 'base64url');
    lastKey = { text, key: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }) };
  }
  return lastKey.key;
}

export function hasGatewaySigned(gatewayKey: string, text: string, signature: string): boolean {
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: gatewayKey },
    format: 'jwk',
  });
  return verify(null, Buffer.from(text, 'utf8'), key, Buffer.from(signature, 'base64url'));
}

/** The file is new: an enrolment never overwrites another. */
export function writeIdentity(home: ExecutorHome, identity: Identity): void {
  makeHome(home);
  const text = `${JSON.stringify(identity, null, 2)}\n`;
  writeFileSync(home.identityFile, text, { mode: 0o600, flag: 'wx' });
}

export function readIdentity({ identityFile }: ExecutorHome): Result<Identity, IdentityProblem> {
  if (!existsSync(identityFile)) {
    return problem('not_enrolled', 'this machine must be enrolled first: "executor enrol"');
  }
  if (isOpenToOthers(identityFile)) {
    return problem('identity_unsafe', `"${identityFile}" must be readable by its owner alone`);
  }
  try {
    const read = identitySchema.safeParse(JSON.parse(readFileSync(identityFile, 'utf8')));
    if (read.success) return ok(read.data);
  } catch {
    // Said below.
  }
  return problem('identity_malformed', `"${identityFile}" must be as "executor enrol" wrote it`);
}

function problem(code: IdentityProblem['code'], must: string): Result<never, IdentityProblem> {
  return err({ code, message: `Cannot use the identity: ${must}` });
}
