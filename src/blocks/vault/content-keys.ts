/**
 * The keys of a workspace under which its blocks seal what they store, and their change. The newest
 * one seals; the others open what was sealed before, so that a change rewrites no row anywhere.
 *
 * Nothing here opens a transaction: writes belong to the caller's.
 *
 * @module
 */

import type { WrappingKeys } from './data-key.ts';
import type { WrappedDataKey } from './wrapped-data-key.ts';

/** Beyond these, keys are wrapped anew and none is added. */
const MAX_CONTENT_KEYS = 1_000;

type Row = { id: string; wrapped_by: string; wrapped: ArrayBuffer };

export class ContentKeys {
  readonly #sql: SqlStorage;
  readonly #wrapping: WrappingKeys;

  constructor(sql: SqlStorage, wrapping: WrappingKeys) {
    this.#sql = sql;
    this.#wrapping = wrapping;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS content_keys (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, wrapped_by TEXT NOT NULL,
      wrapped BLOB NOT NULL
    ) STRICT`);
  }

  /** The newest first. */
  all(): readonly WrappedDataKey[] {
    return this.#sql
      .exec<Row>('SELECT id, wrapped_by, wrapped FROM content_keys ORDER BY seq DESC')
      .toArray()
      .map(({ id, wrapped_by: wrappedBy, wrapped }) => {
        return { id, wrappedBy, wrapped: new Uint8Array(wrapped) };
      });
  }

  /** Part of a transaction: all of them under the present master key, the newest first; makes the first. */
  take(): readonly WrappedDataKey[] {
    const known = this.all();
    if (known.length === 0) return [this.#add()];
    return known.map((key) => (this.#wrapping.isPresent(key) ? key : this.#rewrap(key)));
  }

  /** Part of a transaction: a newest one, whatever there was before, and all others wrapped anew. */
  renew(): void {
    const known = this.all();
    for (const key of known) this.#rewrap(key);
    if (known.length < MAX_CONTENT_KEYS) this.#add();
  }

  /** What no master key opens stays as it is: it may yet be given. */
  #rewrap(wrapped: WrappedDataKey): WrappedDataKey {
    const key = this.#wrapping.unwrap(wrapped);
    if (key === undefined) return wrapped;
    const anew = this.#wrapping.wrap(key);
    this.#sql.exec(
      'UPDATE content_keys SET wrapped_by = ?, wrapped = ? WHERE id = ?',
      ...[anew.wrappedBy, anew.wrapped, anew.id],
    );
    return anew;
  }

  #add(): WrappedDataKey {
    const key = this.#wrapping.wrap(this.#wrapping.create());
    this.#sql.exec(
      'INSERT INTO content_keys (id, wrapped_by, wrapped) VALUES (?, ?, ?)',
      ...[key.id, key.wrappedBy, key.wrapped],
    );
    return key;
  }
}
