/**
 * What came back from a tool: {@link ToolOutcome} is untrusted, {@link ToolResult} was inspected.
 *
 * @module
 */

import type { CheckReason } from '../errors/reasons.ts';
import type { Label } from '../policy/labels.ts';

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
}

/** An outcome that passed inspection; `content` is what the model sees. */
export interface ToolResult {
  readonly content: string;
  readonly truncated: boolean;
  readonly label: Label;
  /** What the content check found and did, by name only. */
  readonly findings: readonly string[];
  readonly cost: RunCost;
  readonly receipt?: Receipt;
}
