/**
 * The summary of a session that a model is asked for: one row, while there is one.
 *
 * @module
 */

import type { Tables } from '../kit/tables.ts';

const TABLE = 'summary_job';
const COLUMNS = `(
  id INTEGER PRIMARY KEY CHECK (id = 1), through_turn INTEGER NOT NULL,
  attempts INTEGER NOT NULL, not_before INTEGER NOT NULL
) STRICT`;

export interface SummaryJob {
  /** Ordinal of the last turn that is to be in it. */
  readonly through: number;
  /** Begun so far, the present one included. */
  readonly attempts: number;
  /** Epoch milliseconds before which no other attempt begins. */
  readonly notBefore: number;
}

type Row = { through_turn: number; attempts: number; not_before: number };

export class SummaryJobStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;

  constructor(sql: SqlStorage, tables: Tables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  read(): SummaryJob | undefined {
    if (!this.#tables.has(TABLE)) return undefined;
    const [row] = this.#sql
      .exec<Row>('SELECT through_turn, attempts, not_before FROM summary_job')
      .toArray();
    if (row === undefined) return undefined;
    return { through: row.through_turn, attempts: row.attempts, notBefore: row.not_before };
  }

  /** Part of a transaction. */
  write({ through, attempts, notBefore }: SummaryJob): void {
    this.#tables.make(TABLE, COLUMNS);
    this.#sql.exec(
      `INSERT OR REPLACE INTO summary_job (id, through_turn, attempts, not_before)
       VALUES (1, ?, ?, ?)`,
      ...[through, attempts, notBefore],
    );
  }

  /** Part of a transaction. */
  delete(): void {
    if (this.#tables.has(TABLE)) this.#sql.exec('DELETE FROM summary_job');
  }
}
