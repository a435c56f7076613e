/**
 * What one row of a turn's journal holds, and which events clients see of it.
 *
 * Events are not stored beside the journal: they are read out of it. The projection must therefore
 * never change for entries that are already written; a new kind of event needs a new kind of entry.
 *
 * @module
 */

import type { CallRef } from '../../core/conversation/call-ref.ts';
import type { CallEnd, JournalEntry } from '../../core/conversation/journal-entry.ts';
import type { RunCost } from '../../core/conversation/tool-result.ts';
import type { TurnEventBody } from '../../core/conversation/turn-event.ts';
import type { Denial } from '../../core/errors/denial.ts';

/** Entries that runs commit, and three that the session writes by itself. */
export type SessionEntry =
  | JournalEntry
  | { readonly kind: 'turn-started'; readonly turnId: string; readonly model: string }
  /** Written before the first host call that leaves the platform, or stores something. */
  | { readonly kind: 'call-went-outward'; readonly round: number; readonly index: number }
  /** What was used up to here is settled with the reservation of an earlier turn: see `turn-reservation.ts`. */
  | { readonly kind: 'reservation-left' };

/** The events of an entry, in order. Whoever counts ids counts these. */
export function toEvents(entry: SessionEntry): readonly TurnEventBody[] {
  switch (entry.kind) {
    case 'turn-started':
    case 'round-finished':
    case 'round-restarted':
    case 'turn-finished':
    case 'turn-failed':
      return [entry];
    case 'text':
      return toTextDelta(entry.round, entry.text);
    case 'reply':
      return toReplyEvents(entry);
    case 'call-denied':
      return [toDeniedEvent(entry, entry.denial)];
    case 'call-started': {
      const { round, index, tool } = entry;
      return [{ kind: 'tool-call-approved', round, index, tool, arguments: entry.arguments }];
    }
    case 'call-handed-over':
      return [{ ...entry, kind: 'tool-call-handed-over' }];
    case 'approval-needed': {
      const { round, index, tool, request } = entry;
      const { id: approvalId, expiresAt } = request;
      return [{ kind: 'approval-needed', approvalId, round, index, tool, expiresAt }];
    }
    case 'call-progress':
      return [{ ...entry, kind: 'tool-progress' }];
    case 'call-finished':
      return [toEndEvent(entry, entry.end)];
    case 'turn-waiting':
    case 'call-went-outward':
    case 'reservation-left':
      return [];
  }
}

function toTextDelta(round: number, text: string): TurnEventBody[] {
  return text === '' ? [] : [{ kind: 'text-delta', round, text }];
}

function toReplyEvents({
  round,
  unsentText,
  message,
}: Extract<SessionEntry, { kind: 'reply' }>): TurnEventBody[] {
  const proposed = message.toolCalls.map(
    ({ name, argumentsText }, index): TurnEventBody => ({
      kind: 'tool-call-proposed',
      round,
      index,
      tool: name,
      argumentsText,
    }),
  );
  return [...toTextDelta(round, unsentText), ...proposed];
}

function toEndEvent(call: CallRef, end: CallEnd): TurnEventBody {
  if (end.kind === 'denied') return toDeniedEvent(call, end.denial, end.cost);
  const { round, index, tool } = call;
  const { content, truncated, label, fields, handles, cost, receipt } = end.result;
  const labels = { label, ...(fields && { fields }), ...(handles && { handles }) };
  const proof = receipt && { receipt };
  return { kind: 'tool-result', round, index, tool, content, truncated, ...labels, cost, ...proof };
}

function toDeniedEvent(
  { round, index, tool }: CallRef,
  denial: Denial,
  cost?: RunCost,
): TurnEventBody {
  const { check, reason, findings, retryAfterMs } = denial;
  return {
    kind: 'tool-call-denied',
    round,
    index,
    tool,
    check,
    reason,
    ...(findings && { findings }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(cost && { cost }),
  };
}
