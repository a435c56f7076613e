/**
 * Plugins that were deleted, and whose storage may still be there.
 *
 * @module
 */

export interface Erasure {
  /** Name of the plugin. */
  readonly plugin: string;
  /** The revision that its deletion began. */
  readonly revision: number;
}

export class ErasureStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS erasures (
      plugin TEXT PRIMARY KEY, revision INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  add({ plugin, revision }: Erasure): void {
    this.#sql.exec('INSERT OR REPLACE INTO erasures VALUES (?, ?)', plugin, revision);
  }

  pending(): Erasure[] {
    return this.#sql.exec<Erasure & SqlRow>('SELECT plugin, revision FROM erasures').toArray();
  }

  done({ plugin, revision }: Erasure): void {
    this.#sql.exec('DELETE FROM erasures WHERE plugin = ? AND revision = ?', plugin, revision);
  }
}

type SqlRow = Record<string, SqlStorageValue>;
