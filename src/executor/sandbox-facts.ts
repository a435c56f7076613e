/**
 * What a sandbox can promise on this machine, for `doctor` and for the refusal of an order.
 *
 * @module
 */

import type { SandboxLimits } from './sandbox-limits.ts';

export interface SandboxFacts {
  /** `bubblewrap 0.8.0`, `sandbox-exec`, `runc 1.1.5`. */
  readonly engine: string;
  /** Whom the programs run as on the host: `uids 61000 to 61063`, `uid 1000`. Never 0. */
  readonly runsAs: string;
  readonly limits: Readonly<Record<keyof SandboxLimits, LimitFact>>;
  /** What whoever runs this executor ought to know, one sentence each. */
  readonly warnings: readonly string[];
}

export interface LimitFact {
  /**
   * - `sandbox`: for all processes of a sandbox together;
   * - `process`: for each process alone, so that the sum is bounded by `processes` times the limit;
   * - `watched`: looked at again and again, so that a little more than the limit may be used;
   * - `none`: not held.
   */
  readonly holds: 'sandbox' | 'process' | 'watched' | 'none';
  /** `cgroup v1 pids`, `RLIMIT_NPROC`, `timer of the executor`. */
  readonly by: string;
}

/** Why no sandbox can be made on this machine. */
export interface SandboxUnavailable {
  readonly code: 'sandbox_unavailable';
  /** Says what is missing and how to get it. */
  readonly message: string;
}
