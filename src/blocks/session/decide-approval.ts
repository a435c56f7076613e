/**
 * Humans' answers, and their silence: both end the wait for a call, and wake its turn.
 *
 * A no is journaled as the call's denial at once. A yes waits in its row for the run that starts the
 * call, which checks everything else again.
 *
 * @module
 */

import { parseCapability } from '../../core/capabilities/pattern.ts';
import { deny } from '../../core/errors/denial.ts';
import type { ApprovalRequest } from '../../core/policy/approval.ts';
import { findDeciderObjection } from '../../core/policy/approval-decision.ts';
import type { ApprovalSummary } from '../../core/policy/approval-state.ts';
import type { Authority } from '../../core/policy/authority.ts';
import { holdsGrant } from '../../core/policy/authority-index.ts';
import { toPrincipalName } from '../../core/policy/principal.ts';
import { renderArguments } from '../../core/policy/render-arguments.ts';
import { err, ok, type Result } from '../../core/primitives/result.ts';
import type { ApprovalView, DecideApproval, DecisionRefusal } from './approval-api.ts';
import { approvalEvent } from './approval-audit.ts';
import type { ApprovalRow } from './approval-store.ts';
import { tellIndexSoon } from './change-approvals.ts';
import { announce } from './end-turn.ts';
import type { Lane } from './lane.ts';
import type { LiveTurn } from './live-turns.ts';
import type { SessionEntry } from './session-entry.ts';
import type { SessionParts } from './session-parts.ts';
import { record, transact, writeEntries } from './transact.ts';

/** An approval, and the turn and question that it belongs to. */
interface Found {
  readonly row: ApprovalRow;
  readonly turn: LiveTurn;
  readonly request: ApprovalRequest;
}

export function viewApproval(parts: SessionParts, id: string): ApprovalView | undefined {
  const found = find(parts, id);
  return found && toView(found.row.summary, found.request);
}

export async function decideApproval(
  parts: SessionParts,
  lane: Lane,
  order: DecideApproval,
): Promise<Result<ApprovalView, DecisionRefusal>> {
  const present = await parts.authorities.refreshed(order.decider);
  expireApprovals(parts, lane);
  const found = find(parts, order.id);
  if (found === undefined) return err({ kind: 'not_found' });
  const objection = findObjection(order, found, { present, now: parts.now() });
  if (objection !== undefined) {
    recordRefusal(parts, found, { order, reason: objection });
    return err({ kind: 'denied', reason: objection });
  }
  const { summary } = found.row;
  if (summary.state === 'pending') return ok(answer(parts, lane, { found, order }));
  return isSameAnswer(summary, order)
    ? ok(toView(summary, found.request))
    : err({ kind: 'closed', approval: summary });
}

/** What nobody has answered in time is a no; so is a yes whose call was not started by then. */
export function expireApprovals(parts: SessionParts, lane: Lane): void {
  for (const { summary } of parts.approvals.overdue(parts.now())) {
    const found = find(parts, summary.id);
    if (found === undefined) continue;
    const { row, turn, request } = found;
    transact(parts, () => {
      parts.approvals.change(row, { state: 'expired' });
      writeEntries(parts, turn, [toDenial(summary, 'approval_expired')]);
      const occurrence = { action: 'approval-expired', decision: 'denied' } as const;
      record(parts, [approvalEvent(parts, turn, { request, occurrence })]);
      tellIndexSoon(parts);
      lane.wakeSoon(turn);
    });
    announce(parts, turn);
  }
}

interface Ordered {
  readonly found: Found;
  readonly order: DecideApproval;
}

function answer(parts: SessionParts, lane: Lane, { found, order }: Ordered): ApprovalView {
  const { row, turn, request } = found;
  const { decision, decider, requestId } = order;
  const isYes = decision === 'approve';
  const state = isYes ? 'approved' : 'denied';
  const changed = transact(parts, () => {
    const decidedBy = toPrincipalName(decider);
    const after = parts.approvals.change(row, { state, decidedAt: parts.now(), decidedBy });
    if (!isYes) writeEntries(parts, turn, [toDenial(row.summary, 'approval_denied')]);
    const occurrence = {
      action: 'approval-decided',
      decision: isYes ? 'allowed' : 'denied',
      actor: { principal: decider, requestId },
    } as const;
    record(parts, [approvalEvent(parts, turn, { request, occurrence })]);
    tellIndexSoon(parts);
    lane.wakeSoon(turn);
    return after;
  });
  announce(parts, turn);
  parts.flush('now');
  return toView(changed.summary, request);
}

/** What the run would have written, had it been told. */
function toDenial(
  { round, index, tool }: ApprovalSummary,
  reason: 'approval_denied' | 'approval_expired',
): SessionEntry {
  return { kind: 'call-denied', round, index, tool, denial: deny('sanitise', reason) };
}

type Objection = Extract<DecisionRefusal, { kind: 'denied' }>['reason'];

/** Asked of the decider's present authority, whatever let the request in. */
function findObjection(
  { decider }: DecideApproval,
  { turn }: Found,
  { present, now }: { readonly present: Authority | undefined; readonly now: number },
): Objection | undefined {
  const capability = parseCapability('system:approval:decide');
  if (present === undefined || !capability.ok || !holdsGrant(present, capability.value, now)) {
    return 'principal_grant_missing';
  }
  return findDeciderObjection(decider, turn.row.facts.principal, present.policy.approvals);
}

function recordRefusal(
  parts: SessionParts,
  { turn, request }: Found,
  { order, reason }: { readonly order: DecideApproval; readonly reason: Objection },
): void {
  const { decider: principal, requestId } = order;
  const actor = { principal, requestId };
  const occurrence = { action: 'approval-decided', decision: 'denied', reason, actor } as const;
  transact(parts, () => record(parts, [approvalEvent(parts, turn, { request, occurrence })]));
  parts.flush('now');
}

function isSameAnswer({ state, decidedBy }: ApprovalSummary, order: DecideApproval): boolean {
  if (decidedBy !== toPrincipalName(order.decider)) return false;
  const wasDenied = state === 'denied';
  return wasDenied === (order.decision === 'deny');
}

function find(parts: SessionParts, id: string): Found | undefined {
  const row = parts.session.live() && parts.approvals.find(id);
  const turn = row && parts.live.find(row.summary.turnId);
  const request = row && turn?.progress.requests.get(row.hash);
  return row && turn && request && { row, turn, request };
}

function toView(summary: ApprovalSummary, request: ApprovalRequest): ApprovalView {
  const { binding, capabilities } = request;
  const { pluginVersion, codeHash, label } = binding;
  const args = renderArguments(request.arguments);
  return { ...summary, pluginVersion, codeHash, arguments: args, capabilities, label };
}
