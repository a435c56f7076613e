/**
 * Calls on a machine that were begun, and of which nobody will ask what became of them: those that have
 * no end when their turn is ended under them, such as one that was lost with the gateway and found again
 * after its deadline, and those of which their run could hear nothing. They are left to the nodes of the
 * workspace, which put them on the record.
 *
 * @module
 */

import type { CallEnd, JournalEntry } from '../../core/conversation/journal-entry.ts';
import type { TicketClaims } from '../../core/executor-protocol/ticket.ts';
import type { LiveTurn } from './live-turns.ts';
import type { SessionParts } from './session-parts.ts';

/** Of a turn that is about to be ended: those that have no end. */
export function leaveCalls(parts: SessionParts, turn: LiveTurn): void {
  for (const { calls } of turn.progress.rounds.values()) {
    for (const { started, end } of calls.values()) {
      if (end === undefined) leave(parts, turn, started?.claims);
    }
  }
}

/** Of what a run has committed: those that ended as unknown. What their node knows already is not asked. */
export function leaveUnknown(
  parts: SessionParts,
  turn: LiveTurn,
  entries: readonly JournalEntry[],
): void {
  for (const entry of entries) {
    if (entry.kind !== 'call-finished' || !isUnknown(entry.end)) continue;
    const call = turn.progress.rounds.get(entry.round)?.calls.get(entry.index);
    leave(parts, turn, call?.started?.claims);
  }
}

function isUnknown(end: CallEnd): boolean {
  return end.kind === 'denied' && end.denial.reason === 'unknown';
}

function leave(
  { neighbours, defer }: SessionParts,
  { row }: LiveTurn,
  claims: TicketClaims | undefined,
): void {
  if (claims?.executor === undefined) return;
  const { workspace } = row.facts.principal;
  // If they cannot be reached, no more than the record is missing.
  defer(neighbours.lookAfterCall(workspace, claims).catch(() => undefined));
}
