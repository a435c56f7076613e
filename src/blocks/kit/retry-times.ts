/**
 * When what is owed to others is tried again: the longer one of them does not answer, the more seldom. What
 * is owed is rows of a table of its owner; what is here are two more columns of it.
 *
 * @module
 */

import { addColumns } from './tables.ts';

/** Delay of the first repetition, in milliseconds; doubled for each further one, up to the longest. */
const FIRST_RETRY_MS = 2_000;
const MAX_RETRY_MS = 600_000;

/** More doublings than the longest delay needs, and fewer than overflow. */
const MAX_DOUBLINGS = 20;

/** The owner's table, and the column that tells its rows apart. */
export interface OwedRows {
  readonly table: string;
  readonly key: string;
}

export class RetryTimes {
  readonly #sql: SqlStorage;
  readonly #rows: OwedRows;
  readonly #now: () => number;

  constructor(sql: SqlStorage, rows: OwedRows, now: () => number) {
    this.#sql = sql;
    this.#rows = rows;
    this.#now = now;
  }

  /** Once the table is there. New rows are due at once. */
  createColumns(): void {
    addColumns(this.#sql, this.#rows.table, {
      tries: 'INTEGER NOT NULL DEFAULT 0',
      due_at: 'INTEGER NOT NULL DEFAULT 0',
    });
  }

  /** Those first that have been due for longest: the ones that do not answer keep nobody waiting. */
  due(): string[] {
    const { table, key } = this.#rows;
    const query = `SELECT ${key} AS key FROM ${table} WHERE due_at <= ? ORDER BY due_at`;
    const rows = this.#sql.exec<{ key: string }>(query, this.#now()).toArray();
    return rows.map((row) => row.key);
  }

  /** Before it is tried, since it may answer never. Not if it is gone, or somebody has claimed it. */
  claim(key: string): boolean {
    const now = this.#now();
    const claimed = this.#sql.exec(
      `UPDATE ${this.#rows.table}
       SET due_at = ? + min(? * (1 << min(tries, ?)), ?), tries = tries + 1
       WHERE ${this.#rows.key} = ? AND due_at <= ? RETURNING tries`,
      ...[now, FIRST_RETRY_MS, MAX_DOUBLINGS, MAX_RETRY_MS, key, now],
    );
    return claimed.toArray().length > 0;
  }

  /** When to look again; nothing if nothing is owed. New rows are seen to by whoever adds them. */
  nextAt(): number | undefined {
    const query = `SELECT due_at FROM ${this.#rows.table} ORDER BY due_at LIMIT 1`;
    const [next] = this.#sql.exec<{ due_at: number }>(query).toArray();
    return next && Math.max(next.due_at, this.#now() + FIRST_RETRY_MS);
  }
}
