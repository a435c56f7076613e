/**
 * What a gateway says of a plugin without installing it: what can be found out here, and what only
 * a gateway knows or has the means for.
 *
 * @module
 */

import * as z from 'zod';
import { FAMILIES } from '../../core/capabilities/catalogue.ts';
import { type CapabilityPattern, parsePattern } from '../../core/capabilities/pattern.ts';
import { readShape } from '../../core/errors/pointer-errors.ts';
import { LOOSENINGS } from '../../core/manifest/trust-growth.ts';
import { FINDING_CODES, type FindingCode } from '../../plugin-review/finding.ts';
import type { Review } from '../../plugin-review/review.ts';
import { reviewPlugin } from '../../plugin-review/review-plugin.ts';
import { CommandFailure } from '../command-failure.ts';
import { NODE_PLATFORM } from '../plugin/review-platform.ts';
import { describeRefusal, errorsOf, type GatewayAddress } from './gateway-client.ts';
import { type Upload, type UploadParts, uploadPlugin } from './upload-plugin.ts';

const findingSchema = z.object({
  severity: z.enum(['refuse', 'warn', 'info']),
  code: z.enum(Object.keys(FINDING_CODES) as FindingCode[]),
  pointer: z.string(),
  detail: z.string(),
});

const patternSchema = z.string().transform((text, context): CapabilityPattern => {
  const pattern = parsePattern(text);
  if (pattern.ok) return pattern.value;
  context.addIssue({ code: 'custom', message: 'must be a capability pattern' });
  return z.NEVER;
});

const neededSchema = z.object({
  family: z.enum(FAMILIES.map(({ name }) => name)),
  suggested: z.array(z.string()),
  because: z.array(z.string()),
});

const growthSchema = z.object({
  added: z.array(patternSchema),
  widened: z.array(z.object({ from: z.array(patternSchema), to: patternSchema })),
  removed: z.array(patternSchema),
  undenied: z.array(patternSchema),
  loosened: z.array(z.object({ tool: z.string(), what: z.enum(LOOSENINGS), pointer: z.string() })),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});

/** The facts of plugin and module are found out here, so they are not taken from there. */
const answerSchema = z.object({
  verdict: z.enum(['acceptable', 'refused']),
  findings: z.array(findingSchema),
  capabilities: z
    .object({
      asked: z.array(z.string()),
      needed: z.array(neededSchema).exactOptional(),
      growth: growthSchema.exactOptional(),
    })
    .exactOptional(),
  signedBy: z.string().exactOptional(),
});

/** @throws CommandFailure if what comes back is no review. */
export async function reviewUpload(
  gateway: GatewayAddress,
  upload: Upload,
  parts: UploadParts = {},
): Promise<Review> {
  const answer = await uploadPlugin(gateway, upload, { parts, route: '/v1/plugins/review' });
  const read = readShape(answerSchema, answer.body);
  if (answer.status !== 200 || !read.ok) {
    throw CommandFailure.finding(
      `Cannot have the plugin reviewed: ${describeRefusal(answer)}`,
      errorsOf(answer),
    );
  }
  const { manifestText, module: code } = upload;
  const submission = { manifestText, ...(code && { code }) };
  const { plugin, module } = reviewPlugin(submission, NODE_PLATFORM).review;
  const { capabilities, ...there } = read.value;
  return {
    ...there,
    ...(plugin && { plugin }),
    ...(module && { module }),
    ...(capabilities && { capabilities }),
  };
}
