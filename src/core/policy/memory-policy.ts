/**
 * Whether the models of a workspace may remember: what one conversation has heard can then reach
 * another, so an operator says so.
 *
 * @module
 */

import * as z from 'zod';
import { MODEL_NAME } from './model-name.ts';
import { aliasOf } from './model-policy.ts';
import { type ActiveWindow, activeWindowSchema, DEFAULT_WINDOW } from './window-policy.ts';

export interface MemoryPolicy {
  /** Whether there are tools for it at all. Each call still needs `storage:memory:*`. */
  readonly enabled: boolean;
  /**
   * The model by which memories are also found that say alike in other words. Absent: by words alone.
   * What is remembered and looked for is sent to its provider.
   */
  readonly embeddings?: string;
  /** Whether memory is on or not. */
  readonly window: ActiveWindow;
}

export const DEFAULT_MEMORY_POLICY: MemoryPolicy = { enabled: false, window: DEFAULT_WINDOW };

export const memoryPolicySchema = z.strictObject({
  enabled: z.boolean().default(DEFAULT_MEMORY_POLICY.enabled),
  embeddings: z
    .string()
    .regex(MODEL_NAME, 'must be provider/model')
    .refine((name) => aliasOf(name) === undefined, 'must not be an alias')
    .exactOptional(),
  window: activeWindowSchema.prefault({}),
});
