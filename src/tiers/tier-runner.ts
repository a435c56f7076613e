/**
 * How a tier runs one approved call. Rivals live in `wasm/`, `process/` and `container/`.
 *
 * @module
 */

import type { ToolOutcome } from '../core/conversation/tool-result.ts';
import type { NodeCeiling } from '../core/executor-protocol/executor-run.ts';
import type { TicketClaims } from '../core/executor-protocol/ticket.ts';
import type { JsonObject } from '../core/primitives/json.ts';

/** One call as it reaches a tier: what may be signed, and exactly the arguments that it names. */
export interface TierJob {
  /**
   * Signs the claims for one audience; the tier verifies signature, audience, deadline, epoch and
   * single use.
   */
  readonly ticketFor: (audience: string) => string;
  /** The same for a node, within what that node may run at all. */
  readonly ticketForNode: (node: string, ceiling: NodeCeiling) => string;
  readonly claims: TicketClaims;
  readonly canonicalArguments: JsonObject;
  /** Settings of the plugin, whose hash the claims hold. */
  readonly config?: JsonObject;
  /** Takes what the tier hears of the call while it runs, a line at a time. */
  readonly onProgress?: (text: string) => void;
}

export interface TierRunner {
  run(job: TierJob, signal: AbortSignal): Promise<ToolOutcome>;
  /** The stored outcome of an earlier run by its idempotency key; `undefined` if there is none. */
  recall(claims: TicketClaims): Promise<ToolOutcome | undefined>;
}
