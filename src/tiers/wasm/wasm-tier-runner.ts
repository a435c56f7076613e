/**
 * The wasm tier: each call goes to the lane of its workspace. No other file reaches a lane.
 *
 * A lane remembers in this life which tickets were used, and which runs of a turn came later, so a
 * ticket names the life that it is for. That life must have been known before the session said that
 * the turn was this run's: then whatever a later run was allowed to do, it did in that life or in a
 * later one, and the one remembers it and the other refuses the ticket. A run that learns of a life
 * only afterwards asks the session again before it signs.
 *
 * @module
 */

import type { ToolOutcome } from '../../core/conversation/tool-result.ts';
import { canonicalJson } from '../../core/primitives/canonical-json.ts';
import { orCancelled } from '../or-cancelled.ts';
import type { TierJob, TierRunner } from '../tier-runner.ts';
import type { PluginLog } from './plugin-log-store.ts';
import type { OtherLife, WasmLaneApi } from './wasm-lane-api.ts';
import type { WasmTierBindings } from './wasm-tier-bindings.ts';

/** What the run of a turn brings with it. */
export interface LaneCaller {
  /** The life of the workspace's lane, if it was known before anything was asked of the session. */
  readonly life: string | undefined;
  /** Hears of another life; later runs may begin with it. */
  readonly hearLife: (life: string) => void;
  /** Asks the session whether the turn is still this run's. */
  readonly holdsTurn: () => Promise<boolean>;
}

export function createWasmTierRunner(
  env: Pick<WasmTierBindings, 'WASM_LANES'>,
  caller: LaneCaller,
): TierRunner {
  // A stub that has seen its object reset stays broken, so each use gets another.
  const laneOf = (workspace: string) => env.WASM_LANES.getByName(workspace);
  const offers = new Offers(caller);
  return {
    async run(job, signal) {
      const { claims } = job;
      const lane = laneOf(claims.workspace);
      const outcome = offers
        .make(lane, job, signal)
        .catch(() => recallOrUnknown(laneOf(claims.workspace), claims.callKey));
      // A lane that cannot be reached stops at its next host call.
      return orCancelled(outcome, signal, () => lane.cancel(claims.callKey));
    },
    recall: (claims) => laneOf(claims.workspace).recall(claims.callKey),
  };
}

class Offers {
  readonly #caller: LaneCaller;
  #life: string | undefined;

  constructor(caller: LaneCaller) {
    this.#caller = caller;
    this.#life = caller.life;
  }

  async make(lane: WasmLaneApi, job: TierJob, signal: AbortSignal): Promise<ToolOutcome> {
    const first = this.#life === undefined ? undefined : await send(lane, job, this.#life);
    if (first !== undefined && first.kind !== 'other-life') return first;
    const life = first?.life ?? (await lane.life());
    this.#caller.hearLife(life);
    if (!(await this.#caller.holdsTurn()) || signal.aborted) return refused();
    this.#life = life;
    const second = await send(lane, job, life);
    // A lane that dies as often as it is asked has run nothing.
    return second.kind === 'other-life' ? refused() : second;
  }
}

function send(
  lane: WasmLaneApi,
  { ticketFor, canonicalArguments, config }: TierJob,
  life: string,
): Promise<ToolOutcome | OtherLife> {
  return lane.run(ticketFor(life), canonicalJson(canonicalArguments), config);
}

function refused(): ToolOutcome {
  return { kind: 'failed', reason: 'ticket_refused', cost: { durationMs: 0 } };
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
