/**
 * The rows of a vault: the wrapped data key, and secrets as they were sealed.
 *
 * A deleted secret leaves its name and version, so that no version is ever given twice. Nothing here
 * opens a transaction: writes belong to the caller's.
 *
 * @module
 */

import type { Sealed } from './envelope.ts';
import type { SecretDescription } from './vault-api.ts';
import type { WrappedDataKey } from './wrapped-data-key.ts';

export interface StoredSecret extends SecretDescription {
  readonly sealed: Sealed;
}

type SecretRow = {
  name: string;
  version: number;
  hosts: string;
  created_at: number;
  updated_at: number;
  sealed: ArrayBuffer;
};

export class VaultStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTables(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS data_keys (
        id TEXT PRIMARY KEY, wrapped_by TEXT NOT NULL, wrapped BLOB NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS secrets (
        name TEXT PRIMARY KEY, version INTEGER NOT NULL, hosts TEXT NOT NULL,
        created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
        -- NULL once it is deleted.
        sealed BLOB
      ) STRICT, WITHOUT ROWID;
    `);
  }

  dataKey(): WrappedDataKey | undefined {
    const [row] = this.#sql
      .exec<{ id: string; wrapped_by: string; wrapped: ArrayBuffer }>(
        'SELECT id, wrapped_by, wrapped FROM data_keys',
      )
      .toArray();
    return row && { id: row.id, wrappedBy: row.wrapped_by, wrapped: new Uint8Array(row.wrapped) };
  }

  /** There is one at a time. */
  setDataKey({ id, wrappedBy, wrapped }: WrappedDataKey): void {
    this.forgetDataKey();
    this.#sql.exec('INSERT INTO data_keys VALUES (?, ?, ?)', id, wrappedBy, wrapped);
  }

  forgetDataKey(): void {
    this.#sql.exec('DELETE FROM data_keys');
  }

  /** Secrets that are not deleted, by name. */
  all(): readonly StoredSecret[] {
    return this.#sql
      .exec<SecretRow>('SELECT * FROM secrets WHERE sealed IS NOT NULL ORDER BY name')
      .toArray()
      .map(toStored);
  }

  find(name: string): StoredSecret | undefined {
    const [row] = this.#sql
      .exec<SecretRow>('SELECT * FROM secrets WHERE name = ? AND sealed IS NOT NULL', name)
      .toArray();
    return row && toStored(row);
  }

  count(): number {
    return this.#sql
      .exec<{ n: number }>('SELECT COUNT(*) AS n FROM secrets WHERE sealed IS NOT NULL')
      .one().n;
  }

  /** Of the name, deleted or not; 0 if it never had one. */
  lastVersion(name: string): number {
    const [row] = this.#sql
      .exec<{ version: number }>('SELECT version FROM secrets WHERE name = ?', name)
      .toArray();
    return row?.version ?? 0;
  }

  put({ name, version, hosts, createdAt, updatedAt, sealed }: StoredSecret): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO secrets VALUES (?, ?, ?, ?, ?, ?)',
      ...[name, version, JSON.stringify(hosts), createdAt, updatedAt, sealed],
    );
  }

  remove(name: string): void {
    this.#sql.exec("UPDATE secrets SET sealed = NULL, hosts = '[]' WHERE name = ?", name);
  }
}

function toStored(row: SecretRow): StoredSecret {
  return {
    name: row.name,
    version: row.version,
    hosts: JSON.parse(row.hosts),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    sealed: new Uint8Array(row.sealed),
  };
}
