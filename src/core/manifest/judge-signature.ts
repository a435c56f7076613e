/**
 * Whether a plugin's signature is one that the workspace trusts.
 *
 * @module
 */

import type { PluginPolicy } from '../policy/plugin-policy.ts';
import { fromBase64Url } from '../primitives/base64url.ts';
import { err, ok, type Result } from '../primitives/result.ts';
import { type PluginSignature, type SignedHashes, toSignedBytes } from './plugin-signature.ts';

/** Whether an Ed25519 signature holds (RFC 8032). Never throws; whatever is no signature does not hold. */
export type VerifyEd25519 = (
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
) => boolean;

/** Why a signature does not count, or nothing is installed without one, with what must hold. */
export const SIGNATURE_PROBLEMS = {
  signature_missing: 'must be present, since the workspace requires one',
  signature_malformed:
    'must be JSON with "keyId", "signature" (64 bytes as base64url) and, if need be, "manifestSha256" and "codeSha256"',
  signature_key_unknown: 'must be by a key that the workspace trusts',
  signature_key_revoked: 'must be by a key that was not revoked',
  signature_other_manifest: 'must be for this manifest, and not for another',
  signature_other_code: 'must be for this code, and not for other code',
  signature_wrong: 'must hold for this manifest and this code under the key that it names',
} as const;

export type SignatureProblem = keyof typeof SIGNATURE_PROBLEMS;

export interface SignatureQuestion {
  readonly signature: PluginSignature | undefined;
  readonly hashes: SignedHashes;
  readonly policy: Pick<PluginPolicy, 'trustedKeys' | 'requireSignature'>;
  readonly verify: VerifyEd25519;
}

/**
 * The key that vouches for the plugin, none, or why it cannot be installed. A signature that does
 * not hold is never passed over as if it were not there.
 */
export function judgeSignature(
  question: SignatureQuestion,
): Result<string | undefined, SignatureProblem> {
  const { signature, hashes, policy, verify } = question;
  if (signature === undefined) {
    return policy.requireSignature ? err('signature_missing') : ok(undefined);
  }
  const key = policy.trustedKeys.find(({ keyId }) => keyId === signature.keyId);
  if (key === undefined) return err('signature_key_unknown');
  if (key.revoked === true) return err('signature_key_revoked');
  if ((signature.manifestSha256 ?? hashes.manifestSha256) !== hashes.manifestSha256) {
    return err('signature_other_manifest');
  }
  if ((signature.codeSha256 ?? hashes.codeSha256) !== hashes.codeSha256) {
    return err('signature_other_code');
  }
  const publicKey = fromBase64Url(key.publicKey);
  const bytes = fromBase64Url(signature.signature);
  const holds =
    publicKey !== undefined &&
    bytes !== undefined &&
    verify(publicKey, toSignedBytes(hashes), bytes);
  return holds ? ok(key.keyId) : err('signature_wrong');
}
