/**
 * What becomes of a turn's approvals as its journal grows. All of it is part of the transaction that
 * journals it: an approval and what it lets happen are never apart.
 *
 * @module
 */

import type { JournalEntry } from '../../core/conversation/journal-entry.ts';
import type { TicketClaims } from '../../core/executor-protocol/ticket.ts';
import type { ApprovalBinding } from '../../core/policy/approval.ts';
import { canonicalJson } from '../../core/primitives/canonical-json.ts';
import { approvalEvent } from './approval-audit.ts';
import type { ApprovalRow } from './approval-store.ts';
import type { LiveTurn } from './live-turns.ts';
import { liveSession, type SessionParts } from './session-parts.ts';
import { record } from './transact.ts';

type Entry<Kind extends JournalEntry['kind']> = Extract<JournalEntry, { kind: Kind }>;
type StartEntry = Entry<'call-started'>;

/** Timer of whatever is to be done about approvals: to tell the index, and that their time is over. */
export const APPROVALS_TIMER = 'approvals';

/** Whether each start that needs an approval has one: of exactly this call, live, and not used. */
export function mayStart(
  parts: SessionParts,
  turn: LiveTurn,
  starts: readonly StartEntry[],
): boolean {
  return starts.every(({ approval, claims }) => {
    if (approval === undefined) return true;
    const approved = parts.approvals.approvedOf(turn.row.facts.id, parts.now());
    const request = turn.progress.requests.get(approval);
    const isApproved = approved.some(({ hash }) => hash === approval);
    return isApproved && request !== undefined && isBoundTo(request.binding, claims);
  });
}

/** The hash says so already; it was made elsewhere. */
function isBoundTo(binding: ApprovalBinding, claims: TicketClaims): boolean {
  return (
    binding.callKey === claims.callKey &&
    binding.tool === claims.tool &&
    binding.plugin === claims.plugin &&
    binding.pluginVersion === claims.pluginVersion &&
    binding.codeHash === claims.codeHash &&
    binding.argumentHash === claims.argumentHash &&
    canonicalJson(binding.label) === canonicalJson(claims.label)
  );
}

/** Part of the transaction of a batch, after its entries: asks, uses up, and takes back. */
export function followBatch(
  parts: SessionParts,
  turn: LiveTurn,
  entries: readonly JournalEntry[],
): void {
  for (const entry of entries) {
    if (entry.kind === 'approval-needed') ask(parts, turn, entry);
    else if (entry.kind === 'call-started') start(parts, turn, entry);
    else if (entry.kind === 'call-denied') withdrawCall(parts, turn, entry);
  }
}

/** Part of a transaction: the turn has ended, and nothing of it will run any more. */
export function withdrawAll(parts: SessionParts, turn: LiveTurn): void {
  for (const row of openOf(parts, turn)) withdraw(parts, row);
}

/** Part of a transaction that has changed approvals: sees to it that the index hears of it. */
export function tellIndexSoon({ now, timers }: SessionParts): void {
  timers.set(APPROVALS_TIMER, now());
}

function ask(parts: SessionParts, turn: LiveTurn, entry: Entry<'approval-needed'>): void {
  withdrawCall(parts, turn, entry);
  const { round, index, tool, request } = entry;
  const { id, hash, binding, askedAt, expiresAt } = request;
  const sessionId = liveSession(parts).facts.id;
  const of = { sessionId, turnId: turn.row.facts.id, round, index, tool };
  const { plugin, principal } = binding;
  parts.approvals.ask({ id, state: 'pending', ...of, plugin, principal, askedAt, expiresAt }, hash);
  parts.idempotency.prolong(of.turnId, expiresAt);
  const occurrence = { action: 'approval-needed', decision: 'observed' } as const;
  record(parts, [approvalEvent(parts, turn, { request, occurrence })]);
  tellIndexSoon(parts);
}

function start(parts: SessionParts, turn: LiveTurn, entry: StartEntry): void {
  const row = findOpen(parts, turn, entry);
  const request = row && turn.progress.requests.get(row.hash);
  if (row === undefined || request === undefined) return;
  const isUsed = row.hash === entry.approval;
  parts.approvals.change(row, { state: isUsed ? 'consumed' : 'withdrawn' });
  tellIndexSoon(parts);
  if (!isUsed) return;
  const occurrence = { action: 'approval-consumed', decision: 'allowed' } as const;
  record(parts, [approvalEvent(parts, turn, { request, occurrence })]);
}

/** The call was asked about differently, or is not asked about any more. */
function withdrawCall(parts: SessionParts, turn: LiveTurn, call: CallRef): void {
  const row = findOpen(parts, turn, call);
  if (row !== undefined) withdraw(parts, row);
}

function withdraw(parts: SessionParts, row: ApprovalRow): void {
  parts.approvals.change(row, { state: 'withdrawn' });
  tellIndexSoon(parts);
}

interface CallRef {
  readonly round: number;
  readonly index: number;
}

function findOpen(
  parts: SessionParts,
  turn: LiveTurn,
  { round, index }: CallRef,
): ApprovalRow | undefined {
  return openOf(parts, turn).find(
    ({ summary }) => summary.round === round && summary.index === index,
  );
}

/** Most turns ask nobody, and cost no query. */
function openOf({ approvals }: SessionParts, { progress, row }: LiveTurn): readonly ApprovalRow[] {
  return progress.requests.size === 0 ? [] : approvals.openOf(row.facts.id);
}
