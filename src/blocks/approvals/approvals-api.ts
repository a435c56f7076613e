/**
 * The approvals of a workspace, listed. The truth is in the sessions, which tell of each change.
 *
 * @module
 */

import type { ApprovalState, ApprovalSummary } from '../../core/policy/approval-state.ts';

export interface ApprovalQuery {
  readonly state?: ApprovalState;
  readonly sessionId?: string;
  /** Those that were asked for after the one with this number. */
  readonly after: number;
  readonly limit: number;
}

export interface ApprovalPage {
  readonly approvals: readonly ApprovalSummary[];
  /** To be handed in as `after`, where there may be more. */
  readonly next?: number;
}

/** One approval as it is by now; a lower version says nothing new. */
export interface ApprovalNews {
  readonly summary: ApprovalSummary;
  readonly version: number;
}

export interface ApprovalsApi {
  /** Hearing something twice, or late, changes nothing. */
  hear(news: readonly ApprovalNews[]): Promise<void>;
  /** In the order in which they were asked for. */
  list(query: ApprovalQuery): Promise<ApprovalPage>;
}
