/**
 * Runs the gateway's own tools: no code but its own, so there is nothing to confine.
 *
 * A call comes here as to any tier, approved and with its start journaled. There is no ticket to
 * verify, since it never leaves the gateway. Whatever a tool of this tier changes is told apart by the
 * call's key, so a call that is run again after a crash changes nothing twice.
 *
 * @module
 */

import type { ToolOutcome } from '../../core/conversation/tool-result.ts';
import type { TicketClaims } from '../../core/executor-protocol/ticket.ts';
import type { Label } from '../../core/policy/labels.ts';
import type { JsonObject, JsonValue } from '../../core/primitives/json.ts';
import type { TierRunner } from '../tier-runner.ts';

export interface BuiltInCall {
  readonly claims: TicketClaims;
  readonly args: JsonObject;
}

export interface BuiltInAnswer {
  readonly output: JsonValue;
  /** Of what the answer shows. */
  readonly label: Label;
}

/** `undefined`: what the call is about is not there. */
export type BuiltInTool = (call: BuiltInCall) => Promise<BuiltInAnswer | undefined>;

/** `tools` by their names, which no plugin's can be. */
export function createBuiltInRunner(
  tools: ReadonlyMap<string, BuiltInTool>,
  now: () => number,
): TierRunner {
  return {
    async run({ claims, canonicalArguments: args }, signal): Promise<ToolOutcome> {
      const startedAt = now();
      const answer = signal.aborted ? undefined : await tools.get(claims.tool)?.({ claims, args });
      const cost = { durationMs: Math.max(0, now() - startedAt) };
      if (answer === undefined) return { kind: 'failed', reason: 'plugin_error', cost };
      return { kind: 'ok', output: JSON.stringify(answer.output), cost, label: answer.label };
    },
    // All of them may be run again.
    recall: async () => undefined,
  };
}
