/**
 * What a wasm lane answers over RPC. But for what its workspace asks of it, `wasm-tier-runner.ts` is
 * the only file that reaches one.
 *
 * @module
 */

import type { PluginLaneApi } from '../../blocks/workspace/lane-api.ts';
import type { ToolOutcome } from '../../core/conversation/tool-result.ts';
import type { JsonObject } from '../../core/primitives/json.ts';
import type { PluginLog } from './plugin-log-store.ts';

/** Nothing was run: the ticket is for another life of the lane than this one. */
export interface OtherLife {
  readonly kind: 'other-life';
  readonly life: string;
}

export interface WasmLaneApi extends PluginLaneApi {
  /** The name of its present life; see `used-tickets.ts`. */
  life(): Promise<string>;
  /**
   * Runs the call that a ticket names, once in the life of its key. `argumentsText` is the
   * canonical JSON whose hash the ticket holds, and `config` the settings whose hash it holds. A
   * refusal is an outcome, too.
   */
  run(ticket: string, argumentsText: string, config?: JsonObject): Promise<ToolOutcome | OtherLife>;
  /**
   * The outcome of an earlier run by its key, awaited if it is still under way; `undefined` if
   * there is none, or if it was lost.
   */
  recall(callKey: string): Promise<ToolOutcome | undefined>;
  /** Ends a call at its next host call, at the latest; its result is dropped. */
  cancel(callKey: string): Promise<void>;
  /** What the plugin has logged in its latest calls, newest first. */
  pluginLogs(plugin: string): Promise<readonly PluginLog[]>;
}
