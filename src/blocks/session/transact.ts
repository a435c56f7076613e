/**
 * How a session changes: in one transaction, storage and memory together, with its record.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import type { LiveTurn } from './live-turns.ts';
import type { SessionEntry } from './session-entry.ts';
import type { SessionParts } from './session-parts.ts';

/**
 * Changes storage and memory together: both of it, or, if `change` throws, neither. Within a change
 * it is part of that.
 */
export function transact<T>(parts: SessionParts, change: () => T): T {
  return parts.changes.make(change);
}

/** Part of a transaction: adds entries to a turn's journal. */
export function writeEntries(
  parts: SessionParts,
  { row, progress }: LiveTurn,
  entries: readonly SessionEntry[],
): void {
  const folded = entries.map((entry) => ({ entry, events: progress.apply(entry) }));
  parts.journal.append(row, folded, parts.now());
}

/**
 * Part of a transaction: puts events into the outbox, and sets the timer that sends them should this
 * object not live to do it sooner.
 */
export function record(parts: SessionParts, events: readonly AuditEvent[]): void {
  if (events.length === 0) return;
  parts.outbox.gather(events);
  // Rings together with the lease: alarms are dear.
  parts.timers.setLatest('flush', parts.now() + parts.leaseMs);
}
