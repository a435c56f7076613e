/**
 * Whether the models of a workspace may remember: what one conversation has heard can then reach
 * another, so an operator says so.
 *
 * @module
 */

import * as z from 'zod';
import { isEmbeddedModel, MODEL_NAME } from './model-name.ts';
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
  /**
   * The model or alias that summarises what its models are not shown any more; `own`: the one that the
   * conversation asks. Absent: the gateway shortens by rule. Whether memory is on or not.
   */
  readonly summaries?: string;
  /** Whether memory is on or not. */
  readonly window: ActiveWindow;
}

/** In place of a model's name. */
const OWN_MODEL = 'own';

export const DEFAULT_MEMORY_POLICY: MemoryPolicy = { enabled: false, window: DEFAULT_WINDOW };

export const memoryPolicySchema = z.strictObject({
  enabled: z.boolean().default(DEFAULT_MEMORY_POLICY.enabled),
  embeddings: z
    .string()
    .regex(MODEL_NAME, 'must be provider/model')
    .refine((name) => aliasOf(name) === undefined, 'must not be an alias')
    .exactOptional(),
  summaries: z
    .literal(OWN_MODEL)
    .or(
      z
        .string()
        .regex(MODEL_NAME, 'must be provider/model, alias/name or "own"')
        .refine((name) => !isEmbeddedModel(name), 'must not be a model of the gateway itself'),
    )
    .exactOptional(),
  window: activeWindowSchema.prefault({}),
});

/** Which model is to summarise; nothing if none is. `own`: what the conversation asks, if it asks any. */
export function summaryModelOf(
  { summaries }: Pick<MemoryPolicy, 'summaries'>,
  own: string | undefined,
): string | undefined {
  const model = summaries === OWN_MODEL ? own : summaries;
  return model === undefined || isEmbeddedModel(model) ? undefined : model;
}
