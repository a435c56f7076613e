/**
 * Check 7: makes the claims of the ticket under which the call will run.
 *
 * Nothing is signed or sent here. The claims say which code may run, on which arguments, decided
 * under which revision, for which run of the turn, and until when.
 *
 * @module
 */

import { toCallKey } from '../conversation/tool-call.ts';
import { deny } from '../errors/denial.ts';
import type { TicketClaims } from '../executor-protocol/ticket.ts';
import type { RegisteredPlugin } from '../manifest/registered-plugin.ts';
import { AMBIENT_CAPABILITIES, type WasmLimits } from '../manifest/wasm-limits.ts';
import { bothAllow } from '../policy/newest-authority.ts';
import { err, ok } from '../primitives/result.ts';
import type { Check, CheckContext } from './check-context.ts';
import type { AffordedCall } from './limits.ts';

/** Wall-clock milliseconds of a call whose plugin states no time of its own. */
export const DEFAULT_TIMEOUT_MS = 30_000;

export interface ClaimedCall extends Omit<AffordedCall, 'passed'> {
  readonly passed: 'dispatch';
  readonly claims: TicketClaims;
}

export const checkDispatch: Check<AffordedCall, ClaimedCall> = (call, context) => {
  const { plugin, tool, place, argumentHash } = call;
  const { turn, now } = context;
  const run = planRun(call, context);
  if (run === undefined) return err(deny('dispatch', 'tier_unavailable'));
  // Written so that a deadline that is no number is over.
  if (!(now < turn.deadlineAt)) return err(deny('dispatch', 'deadline'));

  const claims: TicketClaims = {
    workspace: turn.workspace,
    session: turn.sessionId,
    callKey: toCallKey(place),
    tool: tool.name,
    plugin: plugin.name,
    pluginVersion: plugin.version,
    codeHash: plugin.codeHash,
    argumentHash,
    ...run.claims,
    label: context.label,
    revision: (context.newest ?? context.authority).revision,
    epoch: turn.epoch,
    deadlineAt: Math.min(turn.deadlineAt, now + run.timeoutMs),
  };
  return ok({ ...call, passed: 'dispatch', claims });
};

interface RunPlan {
  readonly claims: Pick<TicketClaims, 'tier' | 'wasm'>;
  readonly timeoutMs: number;
}

/** None where the tier cannot run the plugin: the wasm tier runs nothing without limits. */
function planRun(
  { plugin, tool: { entry } }: AffordedCall,
  context: CheckContext,
): RunPlan | undefined {
  const { tier, wasm, config } = plugin;
  if (tier !== 'wasm') return { claims: { tier }, timeoutMs: DEFAULT_TIMEOUT_MS };
  if (wasm === undefined) return undefined;
  const limits = grantAmbient(wasm, plugin, context);
  const configHash = config && { configHash: config.hash };
  return { claims: { tier, wasm: { entry, limits, ...configHash } }, timeoutMs: limits.timeoutMs };
}

/** Clock and chance as far as everybody agrees; without them a run repeats itself exactly. */
function grantAmbient(
  limits: WasmLimits,
  version: RegisteredPlugin,
  { authority, newest = authority, now }: CheckContext,
): WasmLimits {
  if (!limits.clock && !limits.randomness) return limits;
  const isGranted = (capability: string) =>
    bothAllow({ first: authority, newest }, { capability, plugin: version.name, version, now });
  return {
    ...limits,
    clock: limits.clock && isGranted(AMBIENT_CAPABILITIES.clock),
    randomness: limits.randomness && isGranted(AMBIENT_CAPABILITIES.randomness),
  };
}
