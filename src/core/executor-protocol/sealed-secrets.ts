/**
 * The secrets of one call on their way to a node: encrypted for that node, under the ticket they
 * belong to (JSON Web Encryption, ECDH-ES over X25519 with A256GCM). What stands between gateway and
 * executor, and whatever either of them stores, holds nothing that could be read.
 *
 * @module
 */

import * as z from 'zod';
import { isHostAndPort } from '../capabilities/host-and-port.ts';
import { parseJson } from '../primitives/parse-json.ts';
import { isSecretName, MAX_SECRET_BYTES, MAX_SECRET_HOSTS } from '../vault/secret.ts';

export const SEALING = { alg: 'ECDH-ES', enc: 'A256GCM', typ: 'sallyport-secrets+jwe' } as const;

/** Most secrets of one call: of the settings of one plugin. */
const MAX_CALL_SECRETS = 16;

/** Longest sealed text, in characters: all secrets at their longest, each byte escaped. */
export const MAX_SEALED_CHARS = 1_200_000;

const MAX_PLAIN_BYTES = 786_432;

const schema = z
  .array(
    z.strictObject({
      setting: z.string().min(1).max(256),
      name: z.string().refine(isSecretName),
      value: z.string().min(1).max(MAX_SECRET_BYTES),
      hosts: z.array(z.string().refine(isHostAndPort)).max(MAX_SECRET_HOSTS),
    }),
  )
  .max(MAX_CALL_SECRETS);

/** A secret of the vault, in the place of the setting that names it. */
export type CallSecret = z.infer<typeof schema>[number];

/** Nothing for a text of any other shape. */
export function parseCallSecrets(text: string): readonly CallSecret[] | undefined {
  const json = parseJson(text, { maxBytes: MAX_PLAIN_BYTES, maxDepth: 4 });
  const read = json.ok ? schema.safeParse(json.value) : undefined;
  return read?.success === true ? read.data : undefined;
}

/** What a node signs with the key it is known by: that this X25519 key is its own. */
export function sealingKeyText(node: string, key: string): string {
  return ['sallyport executor sealing key v1', node, key].join('\n');
}
