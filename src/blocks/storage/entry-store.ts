/**
 * The rows of a plugin's storage: entries with their labels, and since when it is erased.
 *
 * The tables are made by the first write, so that a plugin that stores nothing leaves no trace.
 * Nothing here opens a transaction: writes belong to the caller's.
 *
 * @module
 */

import { Fault } from '../../core/errors/fault.ts';
import { HIGHEST_LABEL, isLabel, type Label } from '../../core/policy/labels.ts';
import type { ContentSeal } from '../kit/content-seal.ts';
import { addColumns } from '../kit/tables.ts';
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
  /** The value where it is sealed; `value` is empty then. No such column in tables of before. */
  sealed?: string | null;
};

type ListRequest = Extract<StorageRequest, { kind: 'list' }>;

const COLUMNS = 'key, value, integrity, confidentiality, sealed, sealed_bytes';

const NOTHING = new Uint8Array(0);

export class EntryStore {
  readonly #sql: SqlStorage;
  readonly #sealing: ContentSeal;
  #hasTables: boolean | undefined;
  #canSeal = false;
  #usage: Usage | undefined;

  constructor(sql: SqlStorage, sealing: ContentSeal) {
    this.#sql = sql;
    this.#sealing = sealing;
  }

  /** Whoever rolls a transaction back must call this. */
  forget(): void {
    this.#hasTables = undefined;
    this.#canSeal = false;
    this.#usage = undefined;
  }

  createTables(): void {
    if (this.#exists()) return;
    this.#sql.exec(`
      CREATE TABLE entries (
        key BLOB PRIMARY KEY, value BLOB NOT NULL,
        integrity TEXT NOT NULL, confidentiality TEXT NOT NULL,
        sealed TEXT, sealed_bytes INTEGER NOT NULL DEFAULT 0
      ) STRICT;
      CREATE TABLE erasure (
        id INTEGER PRIMARY KEY CHECK (id = 1), revision INTEGER NOT NULL
      ) STRICT;
    `);
    this.#hasTables = true;
  }

  find(key: Uint8Array): LabelledEntry | undefined {
    if (!this.#exists()) return undefined;
    const [row] = this.#sql.exec<EntryRow>('SELECT * FROM entries WHERE key = ?', key).toArray();
    return row && this.#toEntry(row);
  }

  /** What an entry takes up, without opening it; `undefined` where there is none. */
  sizeAt(key: Uint8Array): number | undefined {
    if (!this.#exists()) return undefined;
    this.#addColumns();
    const [row] = this.#sql
      .exec<{ bytes: number }>(
        'SELECT length(key) + length(value) + sealed_bytes AS bytes FROM entries WHERE key = ?',
        key,
      )
      .toArray();
    return row?.bytes;
  }

  /** In the order of keys, as long as `fits` says yes. */
  list({ prefix, after, limit }: ListRequest, fits: (entry: StoredEntry) => boolean) {
    if (!this.#exists()) return [];
    const rows = this.#sql.exec<EntryRow>(
      `SELECT * FROM entries
       WHERE key >= ?1 AND key > ?2 AND (?3 IS NULL OR key < ?3) ORDER BY key LIMIT ?4`,
      prefix,
      after,
      endOfPrefix(prefix),
      limit,
    );
    const entries: LabelledEntry[] = [];
    for (const row of rows) {
      const entry = this.#toEntry(row);
      if (!fits(entry)) break;
      entries.push(entry);
    }
    return entries;
  }

  /** Adds or replaces an entry; the label is replaced with the value. */
  put({ key, value, label }: LabelledEntry): void {
    const { keys, bytes } = this.usage();
    const before = this.sizeAt(key);
    const sealed = this.#sealing.sealBytes(rowOf(key), value);
    this.#sql.exec(
      `INSERT OR REPLACE INTO entries (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)`,
      key,
      sealed === undefined ? value : NOTHING,
      label.integrity,
      label.confidentiality,
      sealed ?? null,
      sealed === undefined ? 0 : value.length,
    );
    this.#usage = {
      keys: keys + (before === undefined ? 1 : 0),
      bytes: bytes + sizeOf({ key, value }) - (before ?? 0),
    };
  }

  delete(key: Uint8Array): void {
    if (!this.#exists()) return;
    this.#sql.exec('DELETE FROM entries WHERE key = ?', key);
    this.#usage = undefined;
  }

  usage(): Usage {
    if (!this.#exists()) return { keys: 0, bytes: 0 };
    this.#addColumns();
    this.#usage ??= this.#sql
      .exec<{ keys: number; bytes: number }>(
        `SELECT count(*) AS keys, coalesce(sum(length(key) + length(value) + sealed_bytes), 0)
           AS bytes
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

  #toEntry({ key, value, sealed, integrity, confidentiality }: EntryRow): LabelledEntry {
    const label = { integrity, confidentiality } as Label;
    return {
      key: new Uint8Array(key),
      value: sealed ? this.#open(rowOf(new Uint8Array(key)), sealed) : new Uint8Array(value),
      label: isLabel(label) ? label : HIGHEST_LABEL,
    };
  }

  #open(row: string, sealed: string): Uint8Array {
    const bytes = this.#sealing.open(row, sealed);
    if (typeof bytes === 'string') throw new Fault('content_unreadable');
    return bytes;
  }

  /** To tables of before there were any. */
  #addColumns(): void {
    if (this.#canSeal) return;
    addColumns(this.#sql, 'entries', {
      sealed: 'TEXT',
      sealed_bytes: 'INTEGER NOT NULL DEFAULT 0',
    });
    this.#canSeal = true;
  }

  #exists(): boolean {
    this.#hasTables ??=
      this.#sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'entries'").toArray().length > 0;
    return this.#hasTables;
  }
}

export function sizeOf({ key, value }: StoredEntry): number {
  return key.length + value.length;
}

function rowOf(key: Uint8Array): string {
  return `entry/${Buffer.from(key).toString('hex')}`;
}

/** The first key behind all that begin with these bytes; `null` if there is none. */
function endOfPrefix(prefix: Uint8Array): Uint8Array | null {
  const last = prefix.findLastIndex((byte) => byte < 0xff);
  if (last === -1) return null;
  const end = prefix.slice(0, last + 1);
  end[last] = (end[last] ?? 0) + 1;
  return end;
}
