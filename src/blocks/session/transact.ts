/**
 * How a session changes: in one transaction, storage and memory together, with its record.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import type { LiveTurn } from './live-turns.ts';
import type { SessionEntry } from './session-entry.ts';
import type { SessionParts } from './session-parts.ts';

/** Changes storage and memory together: both of it, or, if `change` throws, neither. */
export function transact<T>(parts: SessionParts, change: () => T): T {
  try {
    return parts.storage.transactionSync(change);
  } catch (thrown) {
    forgetMemory(parts);
    throw thrown;
  }
}

/** Memory may be ahead of storage: everything in it is read again when it is needed. */
export function forgetMemory({ session, live, messages, timers }: SessionParts): void {
  for (const copy of [session, live, messages, timers]) copy.forget();
}

/** Part of a transaction: adds one entry to a turn's journal. The caller saves the turn's row. */
export function writeEntry(parts: SessionParts, turn: LiveTurn, entry: SessionEntry): void {
  const events = turn.progress.apply(entry);
  parts.journal.append(turn.row, entry, { events, at: parts.now() });
}

/**
 * Part of a transaction: puts events into the outbox, and sets the timer that sends them should this
 * object not live to do it sooner.
 */
export function record(parts: SessionParts, events: readonly AuditEvent[]): void {
  if (events.length === 0) return;
  const now = parts.now();
  parts.outbox.add(events, now);
  // Rings together with the lease: alarms are dear.
  parts.timers.setLatest('flush', now + parts.leaseMs);
}
