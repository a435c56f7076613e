/**
 * Ends the wait for a run soon after it was cancelled, whatever becomes of the run.
 *
 * @module
 */

import type { ToolOutcome } from '../core/conversation/tool-result.ts';

/** How long a cancelled run may take to say what it has cost, in milliseconds. */
const LAST_WORDS_MS = 90;

/** Asks the run to end when the signal says so; that it cannot be asked changes nothing here. */
export async function orCancelled(
  outcome: Promise<ToolOutcome>,
  signal: AbortSignal,
  cancelRun: () => Promise<void>,
): Promise<ToolOutcome> {
  const cancelled = Promise.withResolvers<ToolOutcome>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onAbort = () => {
    cancelRun().catch(() => undefined);
    timer = setTimeout(() => {
      cancelled.resolve({ kind: 'failed', reason: 'cancelled', cost: { durationMs: 0 } });
    }, LAST_WORDS_MS);
  };
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([outcome, cancelled.promise]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
