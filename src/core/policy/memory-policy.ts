/**
 * Whether the models of a workspace may remember: what one conversation has heard can then reach
 * another, so an operator says so.
 *
 * @module
 */

import * as z from 'zod';

export interface MemoryPolicy {
  /** Whether there are tools for it at all. Each call still needs `storage:memory:*`. */
  readonly enabled: boolean;
}

export const DEFAULT_MEMORY_POLICY: MemoryPolicy = { enabled: false };

export const memoryPolicySchema = z.strictObject({
  enabled: z.boolean().default(DEFAULT_MEMORY_POLICY.enabled),
});
