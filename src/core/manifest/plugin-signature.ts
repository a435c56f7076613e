/**
 * Signatures of plugins: what is signed, and how a signature is written. Whether one is to be
 * trusted is asked in `judge-signature.ts`.
 *
 * A signature says "this manifest with this code", nothing about where it may run or what it may
 * do. It binds the manifest as a value (RFC 8785), so that what was verified is what is stored and
 * can be verified again, and the code by its hash.
 *
 * @module
 */

import * as z from 'zod';
import { readShape } from '../errors/pointer-errors.ts';
import { KEY_ID } from '../policy/plugin-policy.ts';
import { fromBase64Url } from '../primitives/base64url.ts';
import { canonicalJson } from '../primitives/canonical-json.ts';
import type { JsonObject } from '../primitives/json.ts';
import { parseJson } from '../primitives/parse-json.ts';
import { err, ok, type Result } from '../primitives/result.ts';
import { toUtf8 } from '../primitives/utf8.ts';

/** Longest accepted text of a signature, in bytes. */
export const MAX_SIGNATURE_BYTES = 1_024;

const ED25519_BYTES = 64;

/** As it is handed in: JSON of exactly these members. */
export interface PluginSignature {
  readonly keyId: string;
  /** Ed25519, 64 bytes as base64url without padding. */
  readonly signature: string;
  /** What it was made for, if the signer says so: then a refusal can name what differs. */
  readonly manifestSha256?: string;
  readonly codeSha256?: string;
}

/** Both as lower-case hex; the first over canonical JSON. */
export interface SignedHashes {
  readonly manifestSha256: string;
  readonly codeSha256: string;
}

const hash = z.string().regex(/^[0-9a-f]{64}$/);

const signatureSchema = z.strictObject({
  keyId: z.string().regex(KEY_ID),
  signature: z.string().refine((text) => fromBase64Url(text)?.length === ED25519_BYTES),
  manifestSha256: hash.exactOptional(),
  codeSha256: hash.exactOptional(),
});

export function parseSignature(text: string): Result<PluginSignature, 'signature_malformed'> {
  const json = parseJson(text, { maxBytes: MAX_SIGNATURE_BYTES, maxDepth: 1 });
  const read = json.ok ? readShape(signatureSchema, json.value) : json;
  return read.ok ? ok(read.value) : err('signature_malformed');
}

/** The hash of a manifest that a signature is over. */
export function manifestSha256(manifest: JsonObject, sha256Hex: (text: string) => string): string {
  return sha256Hex(canonicalJson(manifest));
}

/**
 * The bytes that are signed: a line that no other use of the key has, and a line for each hash.
 *
 * @example
 * ```ts
 * `sallyport-plugin-v1\n${manifestSha256}\n${codeSha256}\n` // as ASCII, 150 bytes
 * ```
 */
export function toSignedBytes({ manifestSha256, codeSha256 }: SignedHashes): Uint8Array {
  return toUtf8(`sallyport-plugin-v1\n${manifestSha256}\n${codeSha256}\n`);
}
