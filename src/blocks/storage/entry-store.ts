/**
 * The rows of a plugin's storage: entries with their labels, and since when it is erased.
 *
 * The tables are made by the first write, so that a plugin that stores nothing leaves no trace.
 * Nothing here opens a transaction: writes belong to the caller's.
 *
 * @module
 */

import { HIGHEST_LABEL, isLabel, type Label } from '../../core/policy/labels.ts';
import type { StorageRequest, StoredEntry } from './storage-api.ts';

export interface LabelledEntry extends StoredEntry {
  readonly label: Label;
}

/** What is held, keys and values together. */
export interface Usage {
  readonly keys: number;
  readonly bytes: number;
}

type EntryRow = {
  key: ArrayBuffer;
  value: ArrayBuffer;
  integrity: string;
  confidentiality: string;
};

type ListRequest = Extract<StorageRequest, { kind: 'list' }>;

const COLUMNS = 'key, value, integrity, confidentiality';

export class EntryStore {
  readonly #sql: SqlStorage;
  #hasTables: boolean | undefined;
  #usage: Usage | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Whoever rolls a transaction back must call this. */
  forget(): void {
    this.#hasTables = undefined;
    this.#usage = undefined;
  }

  createTables(): void {
    if (this.#exists()) return;
    this.#sql.exec(`
      CREATE TABLE entries (
        key BLOB PRIMARY KEY, value BLOB NOT NULL,
        integrity TEXT NOT NULL, confidentiality TEXT NOT NULL
      ) STRICT;
      CREATE TABLE erasure (
        id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL
      ) STRICT;
    `);
    this.#hasTables = true;
  }

  find(key: Uint8Array): LabelledEntry | undefined {
    if (!this.#exists()) return undefined;
    const [row] = this.#sql
      .exec<EntryRow>(`SELECT ${COLUMNS} FROM entries WHERE key = ?`, key)
      .toArray();
    return row && toEntry(row);
  }

  /** In the order of keys, as long as `fits` says yes. */
  list({ prefix, after, limit }: ListRequest, fits: (entry: StoredEntry) => boolean) {
    if (!this.#exists()) return [];
    const rows = this.#sql.exec<EntryRow>(
      `SELECT ${COLUMNS} FROM entries
       WHERE key >= ?1 AND key > ?2 AND (?3 IS NULL OR key < ?3) ORDER BY key LIMIT ?4`,
      prefix,
      after,
      endOfPrefix(prefix),
      limit,
    );
    const entries: LabelledEntry[] = [];
    for (const row of rows) {
      const entry = toEntry(row);
      if (!fits(entry)) break;
      entries.push(entry);
    }
    return entries;
  }

  /** Adds or replaces an entry; the label is replaced with the value. */
  put({ key, value, label }: LabelledEntry): void {
    const { keys, bytes } = this.usage();
    const before = this.find(key);
    this.#sql.exec(
      `INSERT INTO entries (${COLUMNS}) VALUES (?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value,
         integrity = excluded.integrity, confidentiality = excluded.confidentiality`,
      key,
      value,
      label.integrity,
      label.confidentiality,
    );
    this.#usage = {
      keys: keys + (before === undefined ? 1 : 0),
      bytes: bytes + sizeOf({ key, value }) - sizeOf(before),
    };
  }

  delete(key: Uint8Array): void {
    if (!this.#exists()) return;
    this.#sql.exec('DELETE FROM entries WHERE key = ?', key);
    this.#usage = undefined;
  }

  usage(): Usage {
    if (!this.#exists()) return { keys: 0, bytes: 0 };
    this.#usage ??= this.#sql
      .exec<{ keys: number; bytes: number }>(
        `SELECT count(*) AS keys, coalesce(sum(length(key) + length(value)), 0) AS bytes
         FROM entries`,
      )
      .one();
    return this.#usage;
  }

  /** The revision of the last erasure; 0 if there was none. */
  erasedAt(): number {
    if (!this.#exists()) return 0;
    const [row] = this.#sql.exec<{ revision: number }>('SELECT revision FROM erasure').toArray();
    return row?.revision ?? 0;
  }

  erase(revision: number): void {
    this.createTables();
    this.#sql.exec('DELETE FROM entries');
    this.#sql.exec('INSERT OR REPLACE INTO erasure (id, revision) VALUES (1, ?)', revision);
    this.#usage = undefined;
  }

  #exists(): boolean {
    this.#hasTables ??=
      this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'entries'").toArray().length > 0;
    return this.#hasTables;
  }
}

export function sizeOf(entry: StoredEntry | undefined): number {
  return entry === undefined ? 0 : entry.key.length + entry.value.length;
}

function toEntry(row: EntryRow): LabelledEntry {
  const label = { integrity: row.integrity, confidentiality: row.confidentiality } as Label;
  return {
    key: new Uint8Array(row.key),
    value: new Uint8Array(row.value),
    label: isLabel(label) ? label : HIGHEST_LABEL,
  };
}

/** The first key behind all that begin with these bytes; `null` if there is none. */
function endOfPrefix(prefix: Uint8Array): Uint8Array | null {
  const last = prefix.findLastIndex((byte) => byte < 0xff);
  if (last === -1) return null;
  const end = prefix.slice(0, last + 1);
  end[last] = (end[last] ?? 0) + 1;
  return end;
}
