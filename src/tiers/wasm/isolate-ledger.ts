/**
 * The names of isolates that may be alive. Locally they outlive the lane's memory, and nobody but
 * the lane would ever end them. After a restart of the process some of them are gone: ending one of
 * those does nothing.
 *
 * @module
 */

export interface LedgerEntry {
  /** Under which the loader knows it. */
  readonly id: string;
  readonly plugin: string;
  readonly codeHash: string;
}

export class IsolateLedger {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(`CREATE TABLE IF NOT EXISTS isolates (
      id TEXT PRIMARY KEY, plugin TEXT NOT NULL, code_hash TEXT NOT NULL, loaded_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  add({ id, plugin, codeHash }: LedgerEntry, now: number): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO isolates VALUES (?, ?, ?, ?)',
      id,
      plugin,
      codeHash,
      now,
    );
  }

  remove(id: string): void {
    this.#sql.exec('DELETE FROM isolates WHERE id = ?', id);
  }

  /** The one that was loaded first comes first. */
  all(): LedgerEntry[] {
    return this.#sql
      .exec<{ id: string; plugin: string; code_hash: string }>(
        'SELECT id, plugin, code_hash FROM isolates ORDER BY loaded_at, id',
      )
      .toArray()
      .map(({ code_hash: codeHash, ...row }) => ({ ...row, codeHash }));
  }
}
