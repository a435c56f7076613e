/**
 * What came back from a tool: {@link ToolOutcome} is untrusted, {@link ToolResult} was inspected.
 *
 * @module
 */

import type { CheckReason } from '../errors/reasons.ts';
import type { Label } from '../policy/labels.ts';
import type { HiddenValues } from '../provenance/handle.ts';
import type { TrustedFields } from '../provenance/trusted-fields.ts';

/** What running a call cost, as the tier measured it. */
export interface RunCost {
  readonly durationMs: number;
  /** Fuel units used; wasm tier only. */
  readonly fuel?: number;
  /** Highest number of 64 KiB memory pages; wasm tier only. */
  readonly memoryPages?: number;
  /** Milliseconds suspended in host calls; fuel does not run meanwhile. */
  readonly suspendedMs?: number;
}

/** What a tier returned. The output is whatever the plugin wrote. */
export type ToolOutcome =
  | {
      readonly kind: 'ok';
      readonly output: string;
      readonly cost: RunCost;
      readonly receipt?: Receipt;
      /**
       * Of what the call has read through its host, beyond its arguments: of stored values that of
       * whoever stored them. Absent where it read nothing.
       */
      readonly label?: Label;
    }
  | {
      readonly kind: 'failed';
      readonly reason: CheckReason<'dispatch'>;
      readonly cost: RunCost;
      /** Milliseconds after which a call may be tried again, where the tier knows. */
      readonly retryAfterMs?: number;
    };

/** Of a call that did not run, or of which nobody can tell. */
export function failedOutcome(reason: CheckReason<'dispatch'>): ToolOutcome {
  return { kind: 'failed', reason, cost: { durationMs: 0 } };
}

/** Evidence of what ran: hashes only, so that it can be kept and compared. */
export interface Receipt {
  readonly codeHash: string;
  readonly argumentHash: string;
  readonly outputHash: string;
  readonly revision: number;
  readonly fuel?: number;
  /** Version of the hardening, on which the fuel depends; wasm tier only. */
  readonly hardeningVersion?: number;
  /** The engine that ran a plugin's source, on which fuel and output depend; absent for modules. */
  readonly engine?: string;
  /** Of the plugin's settings; absent where there were none. */
  readonly configHash?: string;
  /** What the machine that ran it has signed; process and container tier only. */
  readonly executor?: SignedReceipt;
}

/** An executor's own receipt. A `type`, so that it is a `JsonObject`. */
export type SignedReceipt = {
  readonly node: string;
  /** See `core/executor-protocol/executor-receipt.ts`. */
  readonly text: string;
  /** Ed25519 over the context and the text, base64url. */
  readonly signature: string;
};

/** An outcome that passed inspection; `content` is what the model sees. */
export interface ToolResult {
  readonly content: string;
  readonly truncated: boolean;
  /** Of the whole. */
  readonly label: Label;
  /** The fields of the content that its tool vouches for; absent where there are none. */
  readonly fields?: TrustedFields;
  /**
   * What the handles in the content stand for, as long as the turn goes on; absent where nothing was
   * hidden. For the gateway and the principal's client: no model reads it.
   */
  readonly handles?: HiddenValues;
  /** What the content check found and did, by name only. */
  readonly findings: readonly string[];
  readonly cost: RunCost;
  readonly receipt?: Receipt;
}
