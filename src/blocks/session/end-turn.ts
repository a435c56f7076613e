/**
 * How a turn ends: what its run, or the session in its place, leaves behind.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import { usageSince } from '../../core/conversation/usage.ts';
import type { ErrorCode } from '../../core/errors/codes.ts';
import { watchWindow } from './active-window.ts';
import { withdrawAll } from './change-approvals.ts';
import { leaveCalls } from './leave-calls.ts';
import type { LiveTurn } from './live-turns.ts';
import { toRoundMessages } from './round-messages.ts';
import { type SessionParts, topicOf } from './session-parts.ts';
import type { TurnSettlement } from './settlement-store.ts';
import { record, transact, writeEntries } from './transact.ts';
import { type Actor, turnEvent } from './turn-audit.ts';
import { reservationOf, settledBefore, unsettledCalls } from './turn-reservation.ts';
import { isAtRest } from './turn-store.ts';

/** Delay after which the timer starts the next turn, should this object die before it does. */
const ADVANCE_AGAIN_MS = 1_000;

/** Why the session ends a turn by itself, and who wanted it. */
export interface Failure {
  readonly code: ErrorCode | 'cancelled';
  readonly actor?: Actor;
}

/** Ends a turn that has not ended, in a transaction of its own. */
export function failTurn(parts: SessionParts, turn: LiveTurn, failure: Failure): void {
  leaveCalls(parts, turn);
  transact(parts, () => {
    record(parts, [toFailureEvent(parts, turn, failure)]);
    const usage = turn.progress.usage();
    writeEntries(parts, turn, [{ kind: 'turn-failed', code: failure.code, usage }]);
    // A run that is stopped in the middle may still say what its last model call has cost.
    const wasRunning = turn.row.status === 'running';
    closeTurn(parts, turn, wasRunning ? turn.row.leaseUntil : parts.now());
  });
  announce(parts, turn);
}

function toFailureEvent(parts: SessionParts, turn: LiveTurn, failure: Failure): AuditEvent {
  const { code, actor } = failure;
  const event = turnEvent(parts, turn, {
    action: code === 'cancelled' ? 'turn-cancelled' : 'turn-failed',
    decision: 'observed',
    reason: code,
    ...(actor && { actor }),
  });
  return { ...event, usage: turn.progress.usage() };
}

/**
 * Part of a transaction, once the turn's last entry is written: frees the lane, completes the
 * history, and notes that the slice is to be given back at `settleAt`.
 */
export function closeTurn(parts: SessionParts, turn: LiveTurn, settleAt: number): void {
  const { row, progress } = turn;
  row.status = toEndStatus(turn);
  row.leaseUntil = 0;
  parts.turns.save(row);
  const unfinished = [...progress.rounds.values()].filter(({ finished }) => !finished);
  const left = unfinished.flatMap((round) => toRoundMessages(row.facts, round));
  parts.messages.append(left, { turn: row.seq, kind: 'round' });
  withdrawAll(parts, turn);
  parts.settlements.add(toSettlement(parts, turn, settleAt));
  parts.live.end(turn);
  setTimersAfterEnd(parts);
  watchWindow(parts, turn);
}

/** What is left of a turn that ended well may serve the next one; anything else is settled. */
function toSettlement(parts: SessionParts, turn: LiveTurn, settleAt: number): TurnSettlement {
  const { id: turnId } = turn.row.facts;
  const reservation = reservationOf(turn);
  const { end } = turn.progress;
  const before = settledBefore(turn)?.usage;
  const total = end?.usage ?? turn.progress.usage();
  const usage = before === undefined ? total : usageSince(before, total);
  const toolCalls = unsettledCalls(turn);
  const { inputTokens, outputTokens, costMicroUsd } = usage;
  const used = { tokens: inputTokens + outputTokens, costMicroUsd, toolCalls };
  if (end?.kind !== 'turn-finished') parts.held.release(reservation);
  const heldUntil = parts.held.keep(reservation, used, parts.now());
  const settled = { turnId, reservation, usage, toolCalls, dueAt: heldUntil ?? settleAt };
  return before === undefined ? settled : { ...settled, before };
}

function setTimersAfterEnd(parts: SessionParts): void {
  const now = parts.now();
  parts.timers.setLatest('flush', now + parts.leaseMs);
  if (parts.live.countQueued() > 0) {
    parts.timers.setLatest('turn', now + ADVANCE_AGAIN_MS);
    return;
  }
  const ephemeralMs = parts.session.row()?.facts.ephemeralMs;
  if (ephemeralMs !== undefined) parts.timers.set('expire', now + ephemeralMs);
}

/** Tells everyone who waits for the turn, and its run, that there is news. */
export function announce(parts: SessionParts, { row }: LiveTurn): void {
  parts.waiters.wake(topicOf.events(row.facts.id));
  if (isAtRest(row)) parts.waiters.wake(topicOf.rest(row.facts.id));
  if (row.status !== 'running') parts.waiters.wake(topicOf.stop(row.facts.id));
}

function toEndStatus({ progress }: LiveTurn): 'finished' | 'failed' | 'cancelled' {
  const { end } = progress;
  if (end?.kind !== 'turn-failed') return 'finished';
  return end.code === 'cancelled' ? 'cancelled' : 'failed';
}
