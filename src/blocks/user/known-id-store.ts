/**
 * Ids that senders from outside gave their messages, so that the same one again is the same message.
 *
 * The table is made when the first such id comes: most messages have none of their own. No id is forgotten
 * before its time, so that nothing is done twice: where there are too many, no more are taken.
 *
 * @module
 */

import type { Acceptance } from '../../core/blocks/block-signal.ts';
import type { Tables } from '../kit/tables.ts';

/** How long an id is known, in milliseconds. */
const KNOWN_ID_MS = 86_400_000;

/** Most ids that a block knows: about 300 MB of its storage. */
const MAX_KNOWN_IDS = 1_000_000;

/**
 * Most that are forgotten for one that comes: those of a whole day would take longer than a message may.
 * Whose time is over is known no more, whether it has gone yet or not.
 */
const MAX_FORGOTTEN = 100;

const OLDEST = `(sender, message_id) IN (
  SELECT sender, message_id FROM known_ids WHERE at <= ? ORDER BY at LIMIT ?
)`;

export interface KnownMessage {
  readonly bodyHash: string;
  readonly acceptance: Acceptance;
}

type Row = { body_hash: string; acceptance: string };

const COLUMNS = `(
  sender TEXT NOT NULL, message_id TEXT NOT NULL, body_hash TEXT NOT NULL,
  acceptance TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (sender, message_id)
) STRICT, WITHOUT ROWID`;

export class KnownIdStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;
  readonly #max: number;
  /** Rows, once somebody has asked. */
  #count: number | undefined;

  constructor(sql: SqlStorage, tables: Tables, max = MAX_KNOWN_IDS) {
    this.#sql = sql;
    this.#tables = tables;
    this.#max = max;
  }

  /** Whoever rolls a transaction back calls it. */
  forget(): void {
    this.#count = undefined;
  }

  find(sender: string, messageId: string, now: number): KnownMessage | undefined {
    if (!this.#tables.has('known_ids')) return undefined;
    const [row] = this.#sql
      .exec<Row>(
        `SELECT body_hash, acceptance FROM known_ids
         WHERE sender = ? AND message_id = ? AND at > ?`,
        sender,
        messageId,
        now - KNOWN_ID_MS,
      )
      .toArray();
    return row && { bodyHash: row.body_hash, acceptance: JSON.parse(row.acceptance) };
  }

  /** Part of a transaction: how long no further one is taken; 0 if one is taken now. */
  fullForMs(now: number): number {
    if (this.#rows() < this.#max) return 0;
    this.#sweep(now);
    if (this.#rows() < this.#max) return 0;
    const { at } = this.#sql.exec<{ at: number }>('SELECT min(at) AS at FROM known_ids').one();
    return Math.max(0, at + KNOWN_ID_MS - now);
  }

  /** Part of a transaction. Forgets some of those whose time is over, and the same one if it is. */
  add(sender: string, messageId: string, known: KnownMessage, now: number): void {
    this.#tables.make('known_ids', COLUMNS);
    this.#sql.exec('CREATE INDEX IF NOT EXISTS known_ids_by_age ON known_ids (at)');
    this.#sweep(now);
    this.#delete('sender = ? AND message_id = ?', sender, messageId);
    const count = this.#rows();
    this.#sql.exec(
      'INSERT INTO known_ids (sender, message_id, body_hash, acceptance, at) VALUES (?, ?, ?, ?, ?)',
      sender,
      messageId,
      known.bodyHash,
      JSON.stringify(known.acceptance),
      now,
    );
    this.#count = count + 1;
  }

  #sweep(now: number): void {
    this.#delete(OLDEST, now - KNOWN_ID_MS, MAX_FORGOTTEN);
  }

  #delete(which: string, ...bindings: readonly (string | number)[]): void {
    const query = `DELETE FROM known_ids WHERE ${which} RETURNING 1`;
    const gone = this.#sql.exec(query, ...bindings).toArray().length;
    if (this.#count !== undefined) this.#count -= gone;
  }

  #rows(): number {
    if (!this.#tables.has('known_ids')) return 0;
    this.#count ??= this.#sql
      .exec<{ count: number }>('SELECT count(*) AS count FROM known_ids')
      .one().count;
    return this.#count;
  }
}
