/**
 * Plugins as the API describes them.
 *
 * @module
 */

import * as z from 'zod';
import { PLUGIN_STATES } from '../../core/manifest/plugin-state.ts';
import { TIERS } from '../../core/manifest/tier.ts';

const versionSchema = z.object({
  version: z.string(),
  sha256: z.string(),
  state: z.enum(PLUGIN_STATES),
  reason: z.string().optional(),
  detail: z.string().optional(),
  installedAt: z.number(),
  installedBy: z.string(),
});

const quarantineSchema = z.object({
  at: z.number(),
  by: z.string(),
  reason: z.string().optional(),
});

/** Of who asks, or of the workspace: whether the plugin's remote server knows him. */
export const signInSchema = z.object({
  holder: z.string(),
  state: z.enum(['signed-in', 'needed']),
  reason: z.enum(['refused', 'expired', 'insufficient_scope', 'unused']).optional(),
  server: z.string().optional(),
  issuer: z.string().optional(),
  scope: z.string().optional(),
  signedInAt: z.number().optional(),
  expiresAt: z.number().optional(),
  renews: z.boolean().optional(),
});

/** The current version of a plugin, and what else there is of it. */
export const pluginSchema = versionSchema.extend({
  name: z.string(),
  tier: z.enum(TIERS),
  signedBy: z.string().optional(),
  versions: z.array(versionSchema).optional(),
  quarantine: quarantineSchema.optional(),
  signIn: signInSchema.optional(),
  manifest: z.record(z.string(), z.unknown()).optional(),
  config: z.record(z.string(), z.unknown()).optional(),
});

/** Code that may not run, and the name under which it was found. */
export const quarantinedSchema = quarantineSchema.extend({
  name: z.string(),
  version: z.string(),
  sha256: z.string(),
});
