/**
 * What a wasm lane answers over RPC. `wasm-tier-runner.ts` is the only file that reaches one.
 *
 * @module
 */

import type { ToolOutcome } from '../../core/conversation/tool-result.ts';

export interface WasmLaneApi {
  /**
   * Runs the call that a ticket names, once in the life of its key. `argumentsText` is the
   * canonical JSON whose hash the ticket holds. A refusal is an outcome, too.
   */
  run(ticket: string, argumentsText: string): Promise<ToolOutcome>;
  /**
   * The outcome of an earlier run by its key, awaited if it is still under way; `undefined` if
   * there is none, or if it was lost.
   */
  recall(callKey: string): Promise<ToolOutcome | undefined>;
  /** Ends a call at its next host call, at the latest; its result is dropped. */
  cancel(callKey: string): Promise<void>;
}
