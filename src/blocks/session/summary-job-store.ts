/**
 * The summary of a session that a model is asked for: one row, while there is one.
 *
 * @module
 */

import type { Spend } from '../../core/policy/ledger.ts';
import { addColumns, type Tables } from '../kit/tables.ts';

const TABLE = 'summary_job';
const COLUMNS = `(
  id INTEGER PRIMARY KEY CHECK (id = 1), through_turn INTEGER NOT NULL,
  attempts INTEGER NOT NULL, not_before INTEGER NOT NULL,
  spent_tokens INTEGER NOT NULL DEFAULT 0, spent_cost INTEGER NOT NULL DEFAULT 0
) STRICT`;

export interface SummaryJob {
  /** Ordinal of the last turn that is to be in it. */
  readonly through: number;
  /** Begun so far, the present one included. */
  readonly attempts: number;
  /** Epoch milliseconds before which no other attempt begins. */
  readonly notBefore: number;
  /** By the attempts so far. One that nothing was heard of has spent all that it might. */
  readonly spent: Spend;
}

type Row = {
  through_turn: number;
  attempts: number;
  not_before: number;
  spent_tokens: number;
  spent_cost: number;
};

export class SummaryJobStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;
  #isWhole = false;

  constructor(sql: SqlStorage, tables: Tables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  read(): SummaryJob | undefined {
    if (!this.#tables.has(TABLE)) return undefined;
    this.#addColumns();
    const [row] = this.#sql.exec<Row>('SELECT * FROM summary_job').toArray();
    if (row === undefined) return undefined;
    const spent = { tokens: row.spent_tokens, costMicroUsd: row.spent_cost };
    return { through: row.through_turn, attempts: row.attempts, notBefore: row.not_before, spent };
  }

  /** Part of a transaction. */
  write({ through, attempts, notBefore, spent }: SummaryJob): void {
    this.#tables.make(TABLE, COLUMNS);
    this.#addColumns();
    this.#sql.exec(
      `INSERT OR REPLACE INTO summary_job
         (id, through_turn, attempts, not_before, spent_tokens, spent_cost)
       VALUES (1, ?, ?, ?, ?, ?)`,
      ...[through, attempts, notBefore, spent.tokens, spent.costMicroUsd],
    );
  }

  /** Part of a transaction. */
  delete(): void {
    if (this.#tables.has(TABLE)) this.#sql.exec('DELETE FROM summary_job');
  }

  /** To a table of before runs had to pay for their summaries. */
  #addColumns(): void {
    if (this.#isWhole) return;
    const amount = 'INTEGER NOT NULL DEFAULT 0';
    addColumns(this.#sql, TABLE, { spent_tokens: amount, spent_cost: amount });
    this.#isWhole = true;
  }
}
