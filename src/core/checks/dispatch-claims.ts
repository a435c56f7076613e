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
import { MAX_CALL_WAIT_MS } from '../executor-protocol/executor-run.ts';
import type { TicketClaims } from '../executor-protocol/ticket.ts';
import type { RegisteredPlugin } from '../manifest/registered-plugin.ts';
import {
  AMBIENT_CAPABILITIES,
  MAX_WASM_WAIT_MS,
  type WasmLimits,
} from '../manifest/wasm-limits.ts';
import { grantedOnMachine } from '../policy/granted-on-machine.ts';
import { bothAllow } from '../policy/newest-authority.ts';
import { toPrincipalName } from '../policy/principal.ts';
import { err, ok } from '../primitives/result.ts';
import { authoritiesOf, type Check, type CheckContext } from './check-context.ts';
import type { AffordedCall } from './limits.ts';

export interface ClaimedCall extends Omit<AffordedCall, 'passed'> {
  readonly passed: 'dispatch';
  readonly claims: TicketClaims;
}

export const checkDispatch: Check<AffordedCall, ClaimedCall> = (call, context) => {
  const { plugin, tool, place, argumentHash, label } = call;
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
    label,
    revision: (context.newest ?? context.authority).revision,
    epoch: turn.epoch,
    deadlineAt: Math.min(turn.deadlineAt, now + run.withinMs),
  };
  return ok({ ...call, passed: 'dispatch', claims });
};

/** For calls of the gateway's own tools. */
const BUILT_IN_TIMEOUT_MS = 10_000;

interface RunPlan {
  readonly claims: Pick<TicketClaims, 'tier' | 'wasm' | 'executor'>;
  /** Until when it is over, from now on. */
  readonly withinMs: number;
}

/** None where the tier cannot run the plugin: no tier runs anything without limits. */
function planRun(call: AffordedCall, context: CheckContext): RunPlan | undefined {
  const { plugin, tool } = call;
  const { tier, wasm, config } = plugin;
  if (tier === 'built-in') return { claims: { tier }, withinMs: BUILT_IN_TIMEOUT_MS };
  if (tier !== 'wasm') return planExecutorRun(call, context);
  if (wasm === undefined) return undefined;
  const { entry } = tool;
  const limits = grantAmbient(wasm, plugin, context);
  const configHash = config && { configHash: config.hash };
  const claims = { tier, wasm: { entry, limits, ...configHash } };
  return { claims, withinMs: MAX_WASM_WAIT_MS + limits.timeoutMs };
}

function planExecutorRun(
  { plugin, tool: { entry }, capabilities }: AffordedCall,
  context: CheckContext,
): RunPlan | undefined {
  const { tier, executor: limits, config } = plugin;
  if (limits === undefined) return undefined;
  const granted = { ...grantedOnMachine(plugin, authoritiesOf(context), context.now) };
  const configHash = config && { configHash: config.hash };
  const principal = toPrincipalName(context.authority.principal);
  const executor = { entry, principal, capabilities, granted, limits, ...configHash };
  // How long it runs is in its limits; what it waits for a machine comes before.
  return { claims: { tier, executor }, withinMs: MAX_CALL_WAIT_MS + limits.timeoutMs };
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
