/**
 * How an executor runs a call: the part of a ticket's claims that only the process and the
 * container tier have.
 *
 * @module
 */

import type { CapabilityRules } from '../capabilities/capability-set.ts';
import type { Capability, CapabilityPattern } from '../capabilities/pattern.ts';
import type { ExecutorLimits } from '../manifest/executor-limits.ts';

/** {@link CapabilityRules} as JSON. */
export type SignedRules = {
  readonly allow: readonly CapabilityPattern[];
  readonly deny: readonly CapabilityPattern[];
};

/** A `type`, so that it is a `JsonObject`. */
export type ExecutorRun = {
  /** What the plugin itself calls the tool: `ToolDefinition.entry`. */
  readonly entry: string;
  /** For whom it runs, `kind:id`: what is kept warm for one principal serves no other. */
  readonly principal: string;
  /** Every capability that this call was approved for: exactly what it named in its arguments. */
  readonly capabilities: readonly Capability[];
  /**
   * All that the plugin may do for this principal on a machine, in any call. A server that is kept
   * warm for several calls is confined by these.
   */
  readonly granted: SignedRules;
  readonly limits: ExecutorLimits;
  /** SHA-256 of the plugin's settings as canonical JSON, lower-case hex; absent where there are none. */
  readonly configHash?: string;
};

/**
 * Longest time that a call waits before it is begun, in milliseconds: for its node to come back, or
 * for a free slot there. None of it is taken from the time that it may run.
 */
export const MAX_CALL_WAIT_MS = 60_000;

/** What a node may run at all, whatever a call was approved for. */
export type NodeCeiling = CapabilityRules;
