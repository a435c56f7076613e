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
import type { ToolDefinition } from '../manifest/tool-definition.ts';
import { err, ok } from '../primitives/result.ts';
import type { Check } from './check-context.ts';
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
  const run = planRun(plugin, tool);
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
  { tier, wasm: limits }: RegisteredPlugin,
  { entry }: ToolDefinition,
): RunPlan | undefined {
  if (tier !== 'wasm') return { claims: { tier }, timeoutMs: DEFAULT_TIMEOUT_MS };
  if (limits === undefined) return undefined;
  return { claims: { tier, wasm: { entry, limits } }, timeoutMs: limits.timeoutMs };
}
