/**
 * One call on its way through this machine, after everything about it was verified and narrowed.
 *
 * @module
 */

import type { CapabilityRules } from '../core/capabilities/capability-set.ts';
import type { CheckReason } from '../core/errors/reasons.ts';
import type { ExecutorLimits } from '../core/manifest/executor-limits.ts';
import type { JsonObject } from '../core/primitives/json.ts';
import type { EgressReport } from './egress-proxy/egress-report.ts';
import type { GivenSecret } from './given-secret.ts';
import type { LocalPlugin } from './plugin-catalogue.ts';
import type { SandboxEnd } from './sandbox.ts';
import type { VerifiedTicket } from './verify-ticket.ts';

export interface Job {
  readonly ticket: VerifiedTicket;
  readonly plugin: LocalPlugin;
  readonly arguments: JsonObject;
  readonly config?: JsonObject;
  /** Those that its settings name. */
  readonly secrets: readonly GivenSecret[];
  /** What is left when ticket, node and owner have been asked. */
  readonly rules: CapabilityRules;
  /** The narrower of ticket and owner, until the call's deadline. */
  readonly limits: ExecutorLimits;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
  /**
   * To be called before anything of it runs: what was not is run again after a crash.
   *
   * @throws Fault `tier_unavailable` where it may not run.
   */
  readonly willRun: () => void;
}

export type Failure = CheckReason<'dispatch'>;

/** How a job ended, before it is signed. */
export interface JobEnd {
  readonly outcome: 'ok' | Failure;
  /** Present exactly if it is `ok`. */
  readonly output?: string;
  readonly truncated: boolean;
  /** Absent where nothing was started, or where a server goes on. */
  readonly end?: SandboxEnd;
  readonly network?: EgressReport;
  /** What the program wrote on standard error: for the log of this machine alone. */
  readonly log?: string;
}

export function endedBy(outcome: Failure): JobEnd {
  return { outcome, truncated: false };
}
