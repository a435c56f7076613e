/**
 * Code of plugins by content address: as it was uploaded, and as it was hardened.
 *
 * @module
 */

import type { ChunkedValues } from '../kit/chunked-values.ts';

export interface StoredCode {
  readonly original: Uint8Array;
  readonly hardened: Uint8Array;
  readonly hardeningVersion: number;
}

export type HardenedCode = Pick<StoredCode, 'hardened' | 'hardeningVersion'>;

export class CodeStore {
  readonly #sql: SqlStorage;
  readonly #values: ChunkedValues;

  constructor(sql: SqlStorage, values: ChunkedValues) {
    this.#sql = sql;
    this.#values = values;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS code (
      hash TEXT PRIMARY KEY, hardening_version INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  put(hash: string, { original, hardened, hardeningVersion }: StoredCode): void {
    this.#values.putBytes(originalKey(hash), original);
    this.#values.putBytes(hardenedKey(hash), hardened);
    this.#sql.exec('INSERT OR REPLACE INTO code VALUES (?, ?)', hash, hardeningVersion);
  }

  hardened(hash: string): HardenedCode | undefined {
    const [row] = this.#sql
      .exec<{ hardening_version: number }>(
        'SELECT hardening_version FROM code WHERE hash = ?',
        hash,
      )
      .toArray();
    const hardened = row && this.#values.bytes(hardenedKey(hash));
    return row && hardened && { hardened, hardeningVersion: row.hardening_version };
  }

  /** Deletes all code of which `isUsed` says no. */
  sweep(isUsed: (hash: string) => boolean): void {
    const hashes = this.#sql.exec<{ hash: string }>('SELECT hash FROM code').toArray();
    for (const { hash } of hashes) {
      if (isUsed(hash)) continue;
      this.#values.delete(originalKey(hash));
      this.#values.delete(hardenedKey(hash));
      this.#sql.exec('DELETE FROM code WHERE hash = ?', hash);
    }
  }
}

const originalKey = (hash: string): string => `code/${hash}/original`;
const hardenedKey = (hash: string): string => `code/${hash}/hardened`;
