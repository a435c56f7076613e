/**
 * What `GET /v1/deployment` answers: the gateway writes it by this schema, and the command line reads it.
 *
 * @module
 */

import * as z from 'zod';

export const deploymentAnswer = z.object({
  version: z.string(),
  features: z.object({
    uploads: z.boolean(),
    auditArchive: z.boolean(),
    telemetry: z.boolean(),
    ownHosts: z.boolean(),
    sourceAddresses: z.boolean(),
    audiences: z.boolean(),
  }),
  /** Only for who holds `system:admin`: whether they look as if chance had made them. */
  keys: z
    .object({
      strongMasterKey: z.boolean(),
      strongRootToken: z.boolean(),
      formerMasterKey: z.boolean(),
    })
    .optional(),
});
