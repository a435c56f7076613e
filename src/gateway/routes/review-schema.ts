/**
 * Reviews of plugins as the API describes them.
 *
 * @module
 */

import * as z from 'zod';
import { LOOSENINGS } from '../../core/manifest/trust-growth.ts';
import { FINDING_CODES, type FindingCode } from '../../plugin-review/finding.ts';
import { pluginSchema } from './plugin-schema.ts';

const range = z.object({ min: z.number(), max: z.number() });

const findingSchema = z.object({
  severity: z.enum(['refuse', 'warn', 'info']),
  code: z.enum(Object.keys(FINDING_CODES) as FindingCode[]),
  pointer: z.string(),
  detail: z.string(),
});

/** What an upgrade may newly do; `digest` is what `acceptGrowth` has to be. */
const growthSchema = z.object({
  added: z.array(z.string()),
  widened: z.array(z.object({ from: z.array(z.string()), to: z.string() })),
  removed: z.array(z.string()),
  undenied: z.array(z.string()),
  loosened: z.array(z.object({ tool: z.string(), what: z.enum(LOOSENINGS), pointer: z.string() })),
  digest: z.string(),
});

export const reviewSchema = z.object({
  verdict: z.enum(['acceptable', 'refused']),
  plugin: z
    .object({
      name: z.string(),
      version: z.string(),
      kind: z.string(),
      tier: z.string(),
      license: z.string(),
      manifestSha256: z.string(),
      codeSha256: z.string().optional(),
    })
    .optional(),
  findings: z.array(findingSchema),
  module: z
    .object({
      bytes: z.number(),
      hardenedBytes: z.number(),
      functions: z.number(),
      charges: z.number(),
      compileUnits: z.number(),
      memoryPages: range,
      tables: z.array(range),
      imports: z.array(z.object({ module: z.string(), names: z.array(z.string()) })),
      exportCount: z.number(),
      exports: z.array(
        z.object({ name: z.string(), kind: z.string(), type: z.string().optional() }),
      ),
      customSections: z.array(z.string()),
      madeWith: z.array(z.string()),
    })
    .optional(),
  capabilities: z
    .object({
      asked: z.array(z.string()),
      needed: z
        .array(
          z.object({
            family: z.string(),
            suggested: z.array(z.string()),
            because: z.array(z.string()),
          }),
        )
        .optional(),
      growth: growthSchema.optional(),
    })
    .optional(),
  signedBy: z.string().optional(),
});

/** A plugin that was just installed, with what its review has to say besides. */
export const installedSchema = pluginSchema.extend({
  growth: growthSchema.optional(),
  findings: z.array(findingSchema),
});
