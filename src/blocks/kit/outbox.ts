/**
 * The outbox of a block: its audit events, numbered from 1 without gaps, until the chain has them.
 *
 * `add` runs inside the transaction that makes the decision, so a decision and its record are
 * committed together or not at all; a rolled-back transaction gives its numbers back. `drain` sends
 * what is waiting in order and deletes only what the chain says it holds. Sending twice is harmless,
 * since the chain absorbs known numbers.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import { Fault } from '../../core/errors/fault.ts';

/** Most events sent at once. */
export const MAX_DRAIN_EVENTS = 200;

/** A longer backlog than this stops tool calls and privileged actions. */
export const MAX_BACKLOG_EVENTS = 1_000;

/** So does an event that has been waiting for longer, in milliseconds. */
export const MAX_BACKLOG_AGE_MS = 60_000;

export interface Backlog {
  readonly count: number;
  /** Epoch milliseconds at which the oldest waiting event was added. */
  readonly oldestAt?: number;
}

/** Appends numbered events to the chain; answers the last number that it holds. */
export type Append = (firstSeq: number, events: readonly AuditEvent[]) => Promise<number>;

export class Outbox {
  readonly #sql: SqlStorage;
  #draining: Promise<void> | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    // AUTOINCREMENT: a number is never given again, even when every row has been sent.
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS outbox (
      seq INTEGER PRIMARY KEY AUTOINCREMENT, added_at INTEGER NOT NULL, event TEXT NOT NULL
    ) STRICT`);
  }

  /** Part of the caller's transaction. */
  add(events: readonly AuditEvent[], now: number): void {
    for (const event of events) {
      this.#sql.exec(
        'INSERT INTO outbox (added_at, event) VALUES (?, ?)',
        now,
        JSON.stringify(event),
      );
    }
  }

  backlog(): Backlog {
    const [first] = this.#sql
      .exec<{ seq: number; added_at: number; last: number }>(
        `SELECT seq, added_at, (SELECT max(seq) FROM outbox) AS last FROM outbox
         ORDER BY seq LIMIT 1`,
      )
      .toArray();
    if (first === undefined) return { count: 0 };
    return { count: first.last - first.seq + 1, oldestAt: first.added_at };
  }

  /** Whether so much is waiting that nothing more may happen which must go on the record. */
  isBlocked(now: number): boolean {
    const { count, oldestAt } = this.backlog();
    return (
      count > MAX_BACKLOG_EVENTS || (oldestAt !== undefined && now - oldestAt > MAX_BACKLOG_AGE_MS)
    );
  }

  /**
   * Sends until nothing is waiting. At most one drain runs at a time; a second caller gets the first
   * one's promise. Rejects as soon as `append` does; what was sent by then stays sent.
   */
  drain(append: Append): Promise<void> {
    this.#draining ??= this.#drainAll(append).finally(() => {
      this.#draining = undefined;
    });
    return this.#draining;
  }

  async #drainAll(append: Append): Promise<void> {
    for (;;) {
      const rows = this.#sql
        .exec<{ seq: number; event: string }>(
          'SELECT seq, event FROM outbox ORDER BY seq LIMIT ?',
          MAX_DRAIN_EVENTS,
        )
        .toArray();
      const first = rows[0]?.seq;
      const last = rows.at(-1)?.seq;
      if (first === undefined || last === undefined) return;
      const held = await append(
        first,
        rows.map((row): AuditEvent => JSON.parse(row.event)),
      );
      if (held < first || held > last) {
        throw new Fault(
          'audit_unavailable',
          `Cannot drain events ${first} to ${last}: the chain must hold one of them, not ${held}`,
        );
      }
      this.#sql.exec('DELETE FROM outbox WHERE seq <= ?', held);
    }
  }
}
