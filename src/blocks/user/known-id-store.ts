/**
 * Ids that senders from outside gave their messages, so that the same one again is the same message.
 *
 * The table is made when the first such id comes: most messages have none of their own.
 *
 * @module
 */

import type { Acceptance } from '../../core/blocks/block-signal.ts';
import type { Tables } from '../kit/tables.ts';

/** How long an id is known, in milliseconds. */
const KNOWN_ID_MS = 86_400_000;

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

  constructor(sql: SqlStorage, tables: Tables) {
    this.#sql = sql;
    this.#tables = tables;
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

  /** Part of a transaction. Forgets those whose time is over. */
  add(sender: string, messageId: string, known: KnownMessage, now: number): void {
    this.#tables.make('known_ids', COLUMNS);
    this.#sql.exec('CREATE INDEX IF NOT EXISTS known_ids_by_age ON known_ids (at)');
    this.#sql.exec('DELETE FROM known_ids WHERE at <= ?', now - KNOWN_ID_MS);
    this.#sql.exec(
      'INSERT INTO known_ids (sender, message_id, body_hash, acceptance, at) VALUES (?, ?, ?, ?, ?)',
      sender,
      messageId,
      known.bodyHash,
      JSON.stringify(known.acceptance),
      now,
    );
  }
}
