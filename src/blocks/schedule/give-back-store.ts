/**
 * What runs had taken and are not going to use: until its block has said that it has it back.
 *
 * @module
 */

export interface GiveBack {
  readonly block: string;
  /** See `ReceiveQuery`. */
  readonly take: string;
}

export class GiveBackStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS give_backs (
      take TEXT PRIMARY KEY, block TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  add({ take, block }: GiveBack): void {
    this.#sql.exec('INSERT OR REPLACE INTO give_backs VALUES (?, ?)', take, block);
  }

  pending(): readonly GiveBack[] {
    return this.#sql
      .exec<{ take: string; block: string }>('SELECT take, block FROM give_backs')
      .toArray();
  }

  done({ take }: GiveBack): void {
    this.#sql.exec('DELETE FROM give_backs WHERE take = ?', take);
  }
}
