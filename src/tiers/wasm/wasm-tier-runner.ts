/**
 * The wasm tier: each call goes to the lane of its workspace. No other file reaches a lane.
 *
 * @module
 */

import type { ToolOutcome } from '../../core/conversation/tool-result.ts';
import { canonicalJson } from '../../core/primitives/canonical-json.ts';
import type { TierRunner } from '../tier-runner.ts';
import type { PluginLog } from './plugin-log-store.ts';
import type { WasmLaneApi } from './wasm-lane-api.ts';
import type { WasmTierBindings } from './wasm-tier-bindings.ts';

/** A stub that has seen its object reset stays broken, so each use gets another. */
export function createWasmTierRunner(env: Pick<WasmTierBindings, 'WASM_LANES'>): TierRunner {
  const laneOf = (workspace: string) => env.WASM_LANES.getByName(workspace);
  return {
    async run({ ticket, claims, canonicalArguments, config }, signal) {
      const lane = laneOf(claims.workspace);
      const outcome = lane
        .run(ticket, canonicalJson(canonicalArguments), config)
        .catch(() => recallOrUnknown(laneOf(claims.workspace), claims.callKey));
      return orCancelled(outcome, signal, () => cancel(lane, claims.callKey));
    },
    recall: (claims) => laneOf(claims.workspace).recall(claims.callKey),
  };
}

/** What a plugin of a workspace has logged in its latest calls, newest first. */
export function readPluginLogs(
  env: Pick<WasmTierBindings, 'WASM_LANES'>,
  workspace: string,
  plugin: string,
): Promise<readonly PluginLog[]> {
  return env.WASM_LANES.getByName(workspace).pluginLogs(plugin);
}

/** After a lost lane. What it does not remember may or may not have happened. */
async function recallOrUnknown(lane: WasmLaneApi, callKey: string): Promise<ToolOutcome> {
  const outcome = await lane.recall(callKey);
  return outcome ?? { kind: 'failed', reason: 'unknown', cost: { durationMs: 0 } };
}

/** How long a cancelled run may take to say what it has cost, in milliseconds. */
const LAST_WORDS_MS = 90;

/** Answers soon after the signal says so, whatever becomes of the run. */
async function orCancelled(
  outcome: Promise<ToolOutcome>,
  signal: AbortSignal,
  cancelRun: () => void,
): Promise<ToolOutcome> {
  const cancelled = Promise.withResolvers<ToolOutcome>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onAbort = () => {
    cancelRun();
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

/** The turn has its answer already; a lane that cannot be reached stops at its next host call. */
function cancel(lane: WasmLaneApi, callKey: string): void {
  lane.cancel(callKey).catch(() => undefined);
}
