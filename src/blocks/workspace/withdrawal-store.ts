/**
 * Plugins that no longer serve, and of which the lane has not said yet that it knows.
 *
 * @module
 */

import type { Withdrawal } from './lane-api.ts';

export class WithdrawalStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS withdrawals (
      plugin TEXT PRIMARY KEY, revision INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  add({ plugin, revision }: Withdrawal): void {
    this.#sql.exec('INSERT OR REPLACE INTO withdrawals VALUES (?, ?)', plugin, revision);
  }

  pending(): Withdrawal[] {
    return this.#sql
      .exec<{ plugin: string; revision: number }>('SELECT plugin, revision FROM withdrawals')
      .toArray();
  }

  /** The lane knows of this one; a newer one may be pending by now. */
  heard({ plugin, revision }: Withdrawal): void {
    this.#sql.exec('DELETE FROM withdrawals WHERE plugin = ? AND revision <= ?', plugin, revision);
  }
}
