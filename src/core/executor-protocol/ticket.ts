/**
 * The claims of a ticket: signed, single-use permission for one approved call.
 *
 * Check 7 makes the claims; `tiers/dispatch.ts` signs them, and only with the receipt that the
 * session block returned for exactly these claims. A tier runs nothing without a valid ticket.
 *
 * @module
 */

import type { PlacedTier } from '../manifest/tier.ts';
import type { WasmLimits } from '../manifest/wasm-limits.ts';
import type { Label } from '../policy/labels.ts';
import { canonicalJson } from '../primitives/canonical-json.ts';
import type { ExecutorRun } from './executor-run.ts';

/** How the wasm tier runs a call: from the same snapshot of the registry as the rest of the claims. */
export type WasmRun = {
  /** Export of the module that runs the tool: `ToolDefinition.entry`. */
  readonly entry: string;
  /** `RegisteredPlugin.wasm`, or the defaults. */
  readonly limits: WasmLimits;
  /** SHA-256 of the plugin's settings as canonical JSON, lower-case hex; absent where there are none. */
  readonly configHash?: string;
};

/** A `type`, so that it is a `JsonObject`: two tickets are equal if their {@link claimsText} is. */
export type TicketClaims = {
  readonly workspace: string;
  readonly session: string;
  /** Idempotency key of the call, `turnId/round/index`. */
  readonly callKey: string;
  readonly tool: string;
  readonly plugin: string;
  readonly pluginVersion: string;
  /** SHA-256 of the plugin's code, lower-case hex. */
  readonly codeHash: string;
  /** SHA-256 of the canonical arguments as canonical JSON, lower-case hex. */
  readonly argumentHash: string;
  readonly tier: PlacedTier;
  /** Set for calls of the wasm tier, and only for those; a tier gets its bounds from nowhere else. */
  readonly wasm?: WasmRun;
  /** Set for calls of the process and the container tier, and only for those. */
  readonly executor?: ExecutorRun;
  /**
   * Join over all that may have shaped the call: the least that is said of what it writes down, and
   * what its way out is decided by.
   */
  readonly label: Label;
  /** Revision of the authority under which the call was approved. */
  readonly revision: number;
  /** Epoch of the lane lease; a tier refuses a ticket of an older epoch than it has seen. */
  readonly epoch: number;
  /** Epoch milliseconds after which the call may no longer start or go on. */
  readonly deadlineAt: number;
};

/** The one spelling of the claims: what is signed, and what is compared. */
export function claimsText(claims: TicketClaims): string {
  return canonicalJson(claims);
}

/** Without settings a plugin is given no secret. */
export function hasSettings({ wasm, executor }: Pick<TicketClaims, 'wasm' | 'executor'>): boolean {
  return (wasm ?? executor)?.configHash !== undefined;
}
