/**
 * The outbox of a block: its audit events, numbered from 1 without gaps, until the chain has them.
 *
 * `add` runs inside the transaction that makes the decision, so a decision and its record are
 * committed together or not at all; a rolled-back transaction gives its numbers back. `drain` sends
 * what is waiting in order and deletes only what the chain says it holds. Sending twice is harmless,
 * since the chain absorbs known numbers.
 *
 * Events that are added together share a row. Memory holds a copy of what is waiting: whoever rolls a
 * transaction back, or wipes the storage, calls {@link Outbox.forget}.
 *
 * @module
 */

import type { AuditEvent } from '../../core/audit/audit-event.ts';
import { Fault } from '../../core/errors/fault.ts';

/** Most events sent at once, and most in a row. */
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

/** Events that were added together. */
interface Row {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly addedAt: number;
  /** Absent where memory need not hold them. */
  readonly events?: readonly AuditEvent[];
}

interface Waiting {
  rows: readonly Row[];
  /** The last number that was given. */
  lastSeq: number;
}

interface Page {
  readonly firstSeq: number;
  readonly events: readonly AuditEvent[];
}

export class Outbox {
  readonly #sql: SqlStorage;
  readonly #writeLate: (write: () => void) => void;
  #waiting: Waiting | undefined;
  #gathered: AuditEvent[] = [];
  /** The last number that the chain has said it holds. */
  #heldSeq = 0;
  #sending: Promise<void> | undefined;

  /** `writeLate` may put the deletion of what was sent off until the next transaction. */
  constructor(sql: SqlStorage, writeLate: (write: () => void) => void = (write) => write()) {
    this.#sql = sql;
    this.#writeLate = writeLate;
  }

  createTable(): void {
    this.forget();
    this.#heldSeq = 0;
    // AUTOINCREMENT: a number is never given again, even when every row has been sent.
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS outbox (
      last_seq INTEGER PRIMARY KEY AUTOINCREMENT, first_seq INTEGER NOT NULL,
      added_at INTEGER NOT NULL, events TEXT NOT NULL
    ) STRICT`);
  }

  /** Part of a transaction, for a table that is new: events up to this number go another way. */
  startAfter(seq: number): void {
    this.#sql.exec("INSERT INTO sqlite_sequence (name, seq) VALUES ('outbox', ?)", seq);
    this.forget();
  }

  /** Part of a transaction that ends with {@link Outbox.flush}: one row for all that it gathers. */
  gather(events: readonly AuditEvent[]): void {
    this.#gathered.push(...events);
  }

  /** Part of a transaction, at its end. */
  flush(now: number): void {
    this.add(this.#gathered, now);
    this.#gathered = [];
  }

  /** Part of a transaction. */
  add(events: readonly AuditEvent[], now: number): void {
    for (let at = 0; at < events.length; at += MAX_DRAIN_EVENTS) {
      this.#addRow(events.slice(at, at + MAX_DRAIN_EVENTS), now);
    }
  }

  /** Memory may be ahead of storage: reads it again when it is needed. */
  forget(): void {
    this.#waiting = undefined;
    this.#gathered = [];
  }

  backlog(): Backlog {
    const { rows, lastSeq } = this.#read();
    const [first] = rows;
    if (first === undefined) return { count: 0 };
    const firstSeq = Math.max(first.firstSeq, this.#heldSeq + 1);
    return { count: lastSeq - firstSeq + 1, oldestAt: first.addedAt };
  }

  isEmpty(): boolean {
    return this.backlog().count === 0;
  }

  /** Whether so much is waiting that nothing more may happen which must go on the record. */
  isBlocked(now: number): boolean {
    const { count, oldestAt } = this.backlog();
    return (
      count > MAX_BACKLOG_EVENTS || (oldestAt !== undefined && now - oldestAt > MAX_BACKLOG_AGE_MS)
    );
  }

  /**
   * Sends what is waiting, and resolves once that is sent: what is added meanwhile keeps nobody waiting
   * but who asks for it. At most one page is under way at a time. Rejects as soon as `append` does; what
   * was sent by then stays sent.
   */
  async drain(append: Append): Promise<void> {
    for (const last = this.#read().lastSeq; this.#isUnsent(last); ) {
      this.#sending ??= this.#sendPage(append).finally(() => {
        this.#sending = undefined;
      });
      await this.#sending;
    }
  }

  #isUnsent(seq: number): boolean {
    const [first] = this.#read().rows;
    return first !== undefined && Math.max(first.firstSeq, this.#heldSeq + 1) <= seq;
  }

  async #sendPage(append: Append): Promise<void> {
    const page = this.#nextPage();
    if (page === undefined) return;
    const { firstSeq, events } = page;
    const held = await append(firstSeq, events);
    const { lastSeq } = this.#read();
    // It may know more than this page: what was sent before a crash is sent again.
    if (held < firstSeq || held > lastSeq) {
      throw new Fault(
        'audit_unavailable',
        `Cannot drain events from ${firstSeq}: the chain must hold up to ${lastSeq} at most, not ${held}`,
      );
    }
    this.#drop(held);
  }

  #addRow(events: readonly AuditEvent[], now: number): void {
    const waiting = this.#read();
    const firstSeq = waiting.lastSeq + 1;
    const lastSeq = waiting.lastSeq + events.length;
    this.#sql.exec(
      'INSERT INTO outbox (last_seq, first_seq, added_at, events) VALUES (?, ?, ?, ?)',
      lastSeq,
      firstSeq,
      now,
      JSON.stringify(events),
    );
    const isShort = lastSeq - (waiting.rows[0]?.firstSeq ?? firstSeq) < MAX_DRAIN_EVENTS;
    const row = { firstSeq, lastSeq, addedAt: now, ...(isShort && { events }) };
    waiting.rows = [...waiting.rows, row];
    waiting.lastSeq = lastSeq;
  }

  #nextPage(): Page | undefined {
    const { rows } = this.#read();
    const [first] = rows;
    if (first === undefined) return undefined;
    const events: AuditEvent[] = [];
    for (const row of rows) {
      if (events.length + row.lastSeq - row.firstSeq >= MAX_DRAIN_EVENTS) break;
      events.push(...(row.events ?? this.#readEvents(row)));
    }
    // The chain may have taken a part of the first row.
    const held = Math.max(0, this.#heldSeq + 1 - first.firstSeq);
    return { firstSeq: first.firstSeq + held, events: events.slice(held) };
  }

  #drop(held: number): void {
    const waiting = this.#read();
    this.#heldSeq = held;
    waiting.rows = waiting.rows.filter(({ lastSeq }) => lastSeq > held);
    this.#writeLate(() => this.#sql.exec('DELETE FROM outbox WHERE last_seq <= ?', held));
  }

  #read(): Waiting {
    if (this.#waiting !== undefined) return this.#waiting;
    const rows = this.#sql
      .exec<{ first_seq: number; last_seq: number; added_at: number }>(
        'SELECT first_seq, last_seq, added_at FROM outbox ORDER BY last_seq',
      )
      .toArray()
      .map((row) => ({ firstSeq: row.first_seq, lastSeq: row.last_seq, addedAt: row.added_at }));
    const lastSeq = rows.at(-1)?.lastSeq ?? this.#readLastSeq();
    const unsent = rows.filter((row) => row.lastSeq > this.#heldSeq);
    this.#waiting = { rows: unsent, lastSeq };
    return this.#waiting;
  }

  #readLastSeq(): number {
    const [row] = this.#sql
      .exec<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")
      .toArray();
    return row?.seq ?? 0;
  }

  #readEvents({ lastSeq }: Row): readonly AuditEvent[] {
    const { events } = this.#sql
      .exec<{ events: string }>('SELECT events FROM outbox WHERE last_seq = ?', lastSeq)
      .one();
    return JSON.parse(events);
  }
}
