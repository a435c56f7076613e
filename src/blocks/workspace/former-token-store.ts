/**
 * Texts of tokens that were rotated: by hash, as long as they are still good.
 *
 * @module
 */

export class FormerTokenStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS former_tokens (
      hash TEXT PRIMARY KEY, token_id TEXT NOT NULL, until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  /** The token and the end of a text; nothing from that end on. */
  find(
    hash: string,
    now: number,
  ): { readonly tokenId: string; readonly until: number } | undefined {
    const query = 'SELECT token_id, until FROM former_tokens WHERE hash = ? AND until > ?';
    const [row] = this.#sql.exec<{ token_id: string; until: number }>(query, hash, now).toArray();
    return row && { tokenId: row.token_id, until: row.until };
  }

  /** Forgets those that have ended. */
  add(hash: string, { tokenId, until }: { tokenId: string; until: number }, now: number): void {
    this.#sql.exec('DELETE FROM former_tokens WHERE until <= ?', now);
    this.#sql.exec('INSERT INTO former_tokens VALUES (?, ?, ?)', hash, tokenId, until);
  }
}
