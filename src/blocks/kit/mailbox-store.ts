/**
 * The rows of a mailbox: messages and signals in the order in which they were accepted.
 *
 * Accepting is one insert. How full the mailbox is stands in memory, read once when the object wakes.
 * The table is made with the first message. Nothing here decides or opens a transaction. Whoever rolls
 * one back calls {@link MailboxStore.forget}.
 *
 * @module
 */

import { type BlockBody, bodyBytes } from '../../core/blocks/block-body.ts';
import type { MailboxLoad } from '../../core/blocks/overflow.ts';
import type { Label } from '../../core/policy/labels.ts';
import { type ChunkedValues, MAX_INLINE_CHARS } from './chunked-values.ts';
import type { Tables } from './tables.ts';

/** What travels with a body, as JSON in one column. */
export interface MessageFacts {
  readonly messageId: string;
  /** `block:<id>`, or a principal's `kind:id`. */
  readonly from: string;
  readonly label: Label;
  /** An exit, a down or a timer: outside the limits, never dropped. */
  readonly signal?: true;
  /** Of a call that waits for an answer. */
  readonly correlationId?: string;
  readonly traceId?: string;
}

export interface StoredMessage extends MessageFacts {
  readonly seq: number;
  readonly body: BlockBody;
  /** How many lives ended over it. */
  readonly attempts: number;
  readonly leasedUntil: number;
}

/** A row without its body, to choose by. */
export interface MessageHead {
  readonly seq: number;
  readonly from: string;
  readonly attempts: number;
  /** Epoch milliseconds; 0: not leased. */
  readonly leasedUntil: number;
}

type HeadRow = { seq: number; sender: string; attempts: number; leased_until: number };
type Row = HeadRow & { facts: string; body: string | ArrayBuffer | null; bytes: number };

/** As it was elsewhere. */
interface PutBack extends Pick<StoredMessage, 'seq' | 'body' | 'attempts'> {
  readonly facts: MessageFacts;
}

/** AUTOINCREMENT: a number is never given again, even when the mailbox is empty. */
const COLUMNS = `(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, sender TEXT NOT NULL, facts TEXT NOT NULL,
  body ANY, bytes INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
  lease TEXT, leased_until INTEGER NOT NULL DEFAULT 0
) STRICT`;

/** Text that may not fit into its row, whatever is added to it there. */
const LONG_CHARS = MAX_INLINE_CHARS - 8;

const bodyKey = (seq: number): string => `mail/${seq}`;

interface MailboxParts {
  readonly sql: SqlStorage;
  readonly tables: Tables;
  readonly chunks: ChunkedValues;
}

export class MailboxStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;
  readonly #chunks: ChunkedValues;
  #load: { depth: number; bytes: number } | undefined;
  /**
   * The message that the block itself is at: it is being processed, or its turn waits for a human. In
   * memory, as the processing is; after the object was lost, the one that is to be taken up again.
   */
  inHand: number | undefined;

  constructor({ sql, tables, chunks }: MailboxParts) {
    this.#sql = sql;
    this.#tables = tables;
    this.#chunks = chunks;
  }

  forget(): void {
    this.#load = undefined;
  }

  load(): MailboxLoad {
    this.#load ??= this.#exists() ? this.#readLoad() : { depth: 0, bytes: 0 };
    return this.#load;
  }

  /** How many were ever accepted, signals included. */
  lastSeq(): number {
    if (!this.#exists()) return 0;
    const [row] = this.#sql
      .exec<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'mailbox'")
      .toArray();
    return row?.seq ?? 0;
  }

  /** Signals have no bytes: they count against nothing. */
  add(facts: MessageFacts, body: BlockBody): number {
    this.#make();
    const load = this.load();
    const bytes = facts.signal ? -1 : bodyBytes(body);
    const seq = this.#insert(facts, body, bytes);
    if (bytes >= 0) this.#load = { depth: load.depth + 1, bytes: load.bytes + bytes };
    return seq;
  }

  /** What comes from now on has higher numbers than this. */
  countFrom(base: number): void {
    this.#make();
    this.#sql.exec("DELETE FROM sqlite_sequence WHERE name = 'mailbox'");
    this.#sql.exec("INSERT INTO sqlite_sequence (name, seq) VALUES ('mailbox', ?)", base);
  }

  lastSeqBelow(base: number): number {
    if (!this.#exists()) return 0;
    const { seq } = this.#sql
      .exec<{ seq: number | null }>('SELECT max(seq) AS seq FROM mailbox WHERE seq <= ?', base)
      .one();
    return seq ?? 0;
  }

  /** A message under the number and with the attempts that it had elsewhere. */
  putBack({ seq, facts, body, attempts }: PutBack): void {
    this.#make();
    const load = this.load();
    const bytes = bodyBytes(body);
    this.#sql.exec(
      'INSERT INTO mailbox (seq, sender, facts, body, bytes, attempts) VALUES (?, ?, ?, ?, ?, ?)',
      seq,
      facts.from,
      JSON.stringify(facts),
      this.#chunks.spillBody(bodyKey(seq), body),
      bytes,
      attempts,
    );
    this.#load = { depth: load.depth + 1, bytes: load.bytes + bytes };
  }

  /** Heads in order, read as they are asked for. */
  *heads(): Generator<MessageHead> {
    if (!this.#exists()) return;
    const cursor = this.#sql.exec<HeadRow>(
      'SELECT seq, sender, attempts, leased_until FROM mailbox ORDER BY seq',
    );
    for (const row of cursor) {
      const { seq, sender: from, attempts, leased_until: leasedUntil } = row;
      yield { seq, from, attempts, leasedUntil };
    }
  }

  read(seq: number): StoredMessage | undefined {
    if (!this.#exists()) return undefined;
    const [row] = this.#sql.exec<Row>('SELECT * FROM mailbox WHERE seq = ?', seq).toArray();
    return row && this.#toMessage(row);
  }

  has(seq: number): boolean {
    const sql = 'SELECT 1 FROM mailbox WHERE seq = ?';
    return this.#exists() && this.#sql.exec(sql, seq).toArray().length > 0;
  }

  lease(seq: number, lease: string, until: number): void {
    this.#sql.exec(
      'UPDATE mailbox SET lease = ?, leased_until = ? WHERE seq = ?',
      lease,
      until,
      seq,
    );
  }

  /** The message under a lease that still runs at `now`. */
  leased(lease: string, now: number): StoredMessage | undefined {
    if (!this.#exists()) return undefined;
    const [row] = this.#sql
      .exec<Row>('SELECT * FROM mailbox WHERE lease = ? AND leased_until > ?', lease, now)
      .toArray();
    return row && this.#toMessage(row);
  }

  /** Earliest end of a lease after `now`; `undefined` if nothing is leased. */
  nextLeaseEnd(now: number): number | undefined {
    if (!this.#exists()) return undefined;
    const { at } = this.#sql
      .exec<{ at: number | null }>(
        'SELECT min(leased_until) AS at FROM mailbox WHERE leased_until > ?',
        now,
      )
      .one();
    return at ?? undefined;
  }

  remove(seq: number): void {
    if (!this.#exists()) return;
    const [row] = this.#sql
      .exec<{ bytes: number; is_spilled: number }>(
        'DELETE FROM mailbox WHERE seq = ? RETURNING bytes, body IS NULL AS is_spilled',
        seq,
      )
      .toArray();
    if (row === undefined) return;
    if (row.is_spilled) this.#chunks.delete(bodyKey(seq));
    if (row.bytes >= 0 && this.#load !== undefined) {
      this.#load = { depth: this.#load.depth - 1, bytes: this.#load.bytes - row.bytes };
    }
  }

  /** Takes out a signal of that type and ref, if one has come. */
  removeSignal(type: string, ref: string): void {
    if (!this.#exists()) return;
    const found = this.#sql
      .exec<Row>("SELECT * FROM mailbox WHERE bytes < 0 AND typeof(body) <> 'blob'")
      .toArray()
      .filter((row) => {
        const signal = JSON.parse(String(this.#toMessage(row).body));
        return signal.type === type && signal.ref === ref;
      });
    for (const { seq } of found) this.remove(seq);
  }

  /** Counts a life that ended over it, and answers how many there are now. */
  countAttempt(seq: number): number {
    const [row] = this.#sql
      .exec<{ attempts: number }>(
        'UPDATE mailbox SET attempts = attempts + 1 WHERE seq = ? RETURNING attempts',
        seq,
      )
      .toArray();
    return row?.attempts ?? 0;
  }

  /** The oldest message, no signal, that is neither leased nor in hand. */
  oldestFree(now: number): number | undefined {
    if (!this.#exists()) return undefined;
    const [row] = this.#sql
      .exec<{ seq: number }>(
        'SELECT seq FROM mailbox WHERE bytes >= 0 AND leased_until <= ? AND seq <> ? ORDER BY seq LIMIT 1',
        now,
        this.inHand ?? 0,
      )
      .toArray();
    return row?.seq;
  }

  /** What is sealed or kept in parts is bound to its number, which must be known before. */
  #insert(facts: MessageFacts, body: BlockBody, bytes: number): number {
    const isLong = typeof body === 'string' && body.length >= LONG_CHARS;
    const next = this.#chunks.seals || isLong ? this.lastSeq() + 1 : undefined;
    return this.#sql
      .exec<{ seq: number }>(
        'INSERT INTO mailbox (seq, sender, facts, body, bytes) VALUES (?, ?, ?, ?, ?) RETURNING seq',
        next ?? null,
        facts.from,
        JSON.stringify(facts),
        this.#chunks.spillBody(bodyKey(next ?? 0), body),
        bytes,
      )
      .one().seq;
  }

  #exists(): boolean {
    return this.#tables.has('mailbox');
  }

  #make(): void {
    this.#tables.make('mailbox', COLUMNS);
  }

  #readLoad(): { depth: number; bytes: number } {
    return this.#sql
      .exec<{ depth: number; bytes: number }>(
        'SELECT count(*) AS depth, coalesce(sum(bytes), 0) AS bytes FROM mailbox WHERE bytes >= 0',
      )
      .one();
  }

  #toMessage(row: Row): StoredMessage {
    return {
      ...(JSON.parse(row.facts) as MessageFacts),
      seq: row.seq,
      attempts: row.attempts,
      leasedUntil: row.leased_until,
      body: this.#chunks.unspillBody(bodyKey(row.seq), row.body),
    };
  }
}
