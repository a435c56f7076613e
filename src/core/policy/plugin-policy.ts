/**
 * Which plugins a workspace lets in: whose signatures it trusts, whether it asks for one, and what
 * it does about a secret that somebody left in the code.
 *
 * @module
 */

import * as z from 'zod';
import { fromBase64Url } from '../primitives/base64url.ts';

/** Most keys that one workspace trusts. */
export const MAX_TRUSTED_KEYS = 32;

/** Names of keys: chosen by the operator, shown in the registry and on the record. */
export const KEY_ID = /^[a-z0-9][a-z0-9._-]{0,63}$/;

export interface TrustedKey {
  readonly keyId: string;
  /** Ed25519 (RFC 8032), 32 bytes as base64url without padding. */
  readonly publicKey: string;
  /** Kept in the list so that a refusal can say so. It takes back no plugin that is installed. */
  readonly revoked?: boolean;
}

export interface PluginPolicy {
  readonly trustedKeys: readonly TrustedKey[];
  /** Without a signature of a trusted key nothing is installed, neither a new name nor a version. */
  readonly requireSignature: boolean;
  /** `warn` is for code that holds sample keys by intent. */
  readonly bundledSecrets: 'refuse' | 'warn';
}

export const DEFAULT_PLUGIN_POLICY: PluginPolicy = {
  trustedKeys: [],
  requireSignature: false,
  bundledSecrets: 'refuse',
};

const PUBLIC_KEY_BYTES = 32;

/**
 * The y coordinates of the points of small order, in every encoding, without the sign of x: under
 * such a "key" some signatures hold for any text at all.
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/** Whether a text can be a key that one party alone signs with. */
export function isPublicKey(text: string): boolean {
  const bytes = fromBase64Url(text);
  if (bytes?.length !== PUBLIC_KEY_BYTES) return false;
  const digits = Array.from(bytes, (byte, index) =>
    (index === PUBLIC_KEY_BYTES - 1 ? byte & 0x7f : byte).toString(16).padStart(2, '0'),
  );
  return !SMALL_ORDER.has(digits.join(''));
}

const trustedKeySchema = z.strictObject({
  keyId: z.string().regex(KEY_ID, 'must match [a-z0-9][a-z0-9._-]{0,63}'),
  publicKey: z.string().refine(isPublicKey, 'must be an Ed25519 public key, 32 bytes as base64url'),
  revoked: z.boolean().exactOptional(),
});

/** Part of a policy; see `policy.ts`. */
export const pluginPolicySchema = z.strictObject({
  trustedKeys: z
    .array(trustedKeySchema)
    .max(MAX_TRUSTED_KEYS)
    .superRefine((keys, context) => {
      // A revoked key that came back under another name would not be revoked.
      for (const member of ['keyId', 'publicKey'] as const) {
        const values = keys.map((key) => key[member]);
        for (const [index, value] of values.entries()) {
          if (values.indexOf(value) === index) continue;
          const message = 'must differ from those of all other keys';
          context.addIssue({ code: 'custom', path: [index, member], message });
        }
      }
    })
    .default([]),
  requireSignature: z.boolean().default(DEFAULT_PLUGIN_POLICY.requireSignature),
  bundledSecrets: z.enum(['refuse', 'warn']).default(DEFAULT_PLUGIN_POLICY.bundledSecrets),
});
