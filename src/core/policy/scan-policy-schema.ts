/**
 * How the scanning policy is written in the JSON of a workspace. What is left out has its default.
 *
 * @module
 */

import * as z from 'zod';
import { CONFIDENCES } from '../scan/finding.ts';
import {
  DEFAULT_SCAN_POLICY,
  type KindPolicy,
  type ScanMode,
  type ScanPolicy,
  type ScanStage,
} from './scan-policy.ts';

/** From the mildest to the strictest. */
export const SCAN_MODES = ['off', 'flag', 'redact', 'block'] as const satisfies readonly ScanMode[];

/** What was streamed cannot be taken back, and a phrase is known only at its end. */
const STREAMED_MODES = ['off', 'flag'] as const;

function kindSchema(fallback: KindPolicy, modes: readonly ScanMode[] = SCAN_MODES) {
  return z
    .strictObject({
      mode: z.enum(modes).default(fallback.mode),
      from: z.enum(CONFIDENCES).default(fallback.from),
    })
    .prefault({});
}

function stageSchema(stage: ScanStage) {
  const { injection, secrets, personalData, uninspected } = DEFAULT_SCAN_POLICY[stage];
  return z
    .strictObject({
      injection: kindSchema(injection, stage === 'output' ? STREAMED_MODES : SCAN_MODES),
      secrets: kindSchema(secrets),
      personalData: kindSchema(personalData),
      uninspected: z.enum(['block', 'flag']).default(uninspected),
    })
    .prefault({});
}

export const scanPolicySchema: z.ZodType<ScanPolicy> = z.strictObject({
  input: stageSchema('input'),
  result: stageSchema('result'),
  output: stageSchema('output'),
});
