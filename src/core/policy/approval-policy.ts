/**
 * What a workspace says about approvals: which calls a human must see first whatever their label,
 * how long he has, and who he may be.
 *
 * @module
 */

import * as z from 'zod';
import { findCovering } from '../capabilities/capability-set.ts';
import { type CapabilityPattern, parseCapability } from '../capabilities/pattern.ts';
import { denyListSchema } from './pattern-lists.ts';

export interface ApprovalPolicy {
  /** Expanded as a deny list is: a call that needs any of it waits for an approval. */
  readonly always: readonly CapabilityPattern[];
  /** Milliseconds from the question until it is taken for a no. */
  readonly expiresInMs: number;
  /** The decision must come from another principal than the one whose turn it is. */
  readonly fourEyes: boolean;
}

/** Bounds of {@link ApprovalPolicy.expiresInMs}: a workspace may only shorten the day. */
export const MIN_APPROVAL_MS = 1_000;
export const MAX_APPROVAL_MS = 86_400_000;

export const DEFAULT_APPROVAL_POLICY: ApprovalPolicy = {
  always: [],
  expiresInMs: MAX_APPROVAL_MS,
  fourEyes: false,
};

/** Whether a call that needs this capability waits for an approval, whatever its label. */
export function asksAlways({ always }: ApprovalPolicy, capabilityText: string): boolean {
  if (always.length === 0) return false;
  const capability = parseCapability(capabilityText);
  // Fails closed: nobody can say what else it covers.
  return !capability.ok || findCovering(always, capability.value) !== undefined;
}

export const approvalPolicySchema = z.strictObject({
  always: denyListSchema.default(DEFAULT_APPROVAL_POLICY.always),
  expiresInMs: z.int().min(MIN_APPROVAL_MS).max(MAX_APPROVAL_MS).default(MAX_APPROVAL_MS),
  fourEyes: z.boolean().default(false),
});
