/**
 * What of a workspace the gateway seals before it is written to storage.
 *
 * @module
 */

import * as z from 'zod';

const AT_REST = ['none', 'content'] as const;

export interface EncryptionPolicy {
  /**
   * `content`: what users, models, tools and blocks have written is sealed from now on; what was
   * written before stays as it is, and readable. `none`: likewise the other way round.
   */
  readonly atRest: (typeof AT_REST)[number];
}

export const DEFAULT_ENCRYPTION_POLICY: EncryptionPolicy = { atRest: 'none' };

export const encryptionPolicySchema = z.strictObject({
  atRest: z.enum(AT_REST).default(DEFAULT_ENCRYPTION_POLICY.atRest),
});
