/**
 * Code of plugins by content address: as it was uploaded, and hardened within the memory that each
 * plugin may have. A hardened form follows from the original and may be made anew at any time.
 *
 * @module
 */

import type { ChunkedValues } from '../kit/chunked-values.ts';
import type { CodeForm, HardenedForm } from './lane-api.ts';

export class CodeStore {
  readonly #sql: SqlStorage;
  readonly #values: ChunkedValues;

  constructor(sql: SqlStorage, values: ChunkedValues) {
    this.#sql = sql;
    this.#values = values;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS code_forms (
      hash TEXT NOT NULL, memory_pages INTEGER NOT NULL, hardening_version INTEGER NOT NULL,
      PRIMARY KEY (hash, memory_pages)
    ) STRICT, WITHOUT ROWID`);
    this.#takeOverOlderTable();
  }

  put(hash: string, original: Uint8Array, form: HardenedForm): void {
    this.#values.putBytes(originalKey(hash), original);
    this.putForm(hash, form);
  }

  /** Keeps a form of code whose original is there; it replaces the one of older rules. */
  putForm(hash: string, { memoryPages, hardeningVersion, hardened }: HardenedForm): void {
    this.#values.putBytes(formKey(hash, memoryPages), hardened);
    this.#sql.exec(
      'INSERT OR REPLACE INTO code_forms VALUES (?, ?, ?)',
      hash,
      memoryPages,
      hardeningVersion,
    );
  }

  /** The form that was asked for, if it was made by exactly these rules. */
  hardened(hash: string, { memoryPages, hardeningVersion }: CodeForm): Uint8Array | undefined {
    const known = this.#sql
      .exec(
        'SELECT 1 FROM code_forms WHERE hash = ? AND memory_pages = ? AND hardening_version = ?',
        hash,
        memoryPages,
        hardeningVersion,
      )
      .toArray();
    return known.length === 0 ? undefined : this.#values.bytes(formKey(hash, memoryPages));
  }

  original(hash: string): Uint8Array | undefined {
    return this.#values.bytes(originalKey(hash));
  }

  /** Deletes all code of which `isUsed` says no. */
  sweep(isUsed: (hash: string) => boolean): void {
    const forms = this.#sql
      .exec<{ hash: string; pages: number }>('SELECT hash, memory_pages AS pages FROM code_forms')
      .toArray();
    for (const { hash, pages } of forms) {
      if (isUsed(hash)) continue;
      this.#values.delete(originalKey(hash));
      this.#values.delete(formKey(hash, pages));
      this.#sql.exec('DELETE FROM code_forms WHERE hash = ?', hash);
    }
  }

  /** An older gateway kept one form for each hash: it is made anew, since its memory is not known. */
  #takeOverOlderTable(): void {
    const query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'code'";
    if (this.#sql.exec(query).toArray().length === 0) return;
    const hashes = this.#sql.exec<{ hash: string }>('SELECT hash FROM code').toArray();
    for (const { hash } of hashes) {
      this.#sql.exec('INSERT OR IGNORE INTO code_forms VALUES (?, 0, 0)', hash);
      this.#values.delete(`code/${hash}/hardened`);
    }
    this.#sql.exec('DROP TABLE code');
  }
}

const originalKey = (hash: string): string => `code/${hash}/original`;
const formKey = (hash: string, memoryPages: number): string =>
  `code/${hash}/hardened/${memoryPages}`;
