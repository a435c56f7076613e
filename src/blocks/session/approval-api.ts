/**
 * What a session block answers about the approvals of its turns.
 *
 * @module
 */

import type { ApprovalDecision, DeciderObjection } from '../../core/policy/approval-decision.ts';
import type { ApprovalSummary } from '../../core/policy/approval-state.ts';
import type { Label } from '../../core/policy/labels.ts';
import type { Principal } from '../../core/policy/principal.ts';
import type { Result } from '../../core/primitives/result.ts';

/** An approval with all that a human needs to decide. */
export interface ApprovalView extends ApprovalSummary {
  readonly pluginVersion: string;
  readonly codeHash: string;
  /** As `renderArguments` writes the canonical ones. */
  readonly arguments: string;
  readonly capabilities: readonly string[];
  readonly label: Label;
}

export interface DecideApproval {
  readonly id: string;
  readonly decision: ApprovalDecision;
  readonly decider: Principal;
  readonly requestId: string;
}

export type DecisionRefusal =
  | { readonly kind: 'not_found' }
  /** It was decided, has expired, or is not asked for any more: its state says which. */
  | { readonly kind: 'closed'; readonly approval: ApprovalSummary }
  | { readonly kind: 'denied'; readonly reason: DeciderObjection | 'principal_grant_missing' };

export interface SessionApprovalsApi {
  approval(id: string): Promise<ApprovalView | undefined>;
  /** The same decision by the same principal, sent again, is answered as it was the first time. */
  decideApproval(request: DecideApproval): Promise<Result<ApprovalView, DecisionRefusal>>;
}
