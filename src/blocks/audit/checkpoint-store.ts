/**
 * The rows of signed checkpoints, the newest of which may not have been archived yet.
 *
 * @module
 */

import type { CheckpointNote } from './audit-api.ts';

export class CheckpointStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS signed_checkpoints (
      size INTEGER PRIMARY KEY, at INTEGER NOT NULL, note TEXT NOT NULL, is_archived INTEGER NOT NULL
    ) STRICT`);
  }

  add({ size, at, note }: CheckpointNote): void {
    this.#sql.exec('INSERT INTO signed_checkpoints VALUES (?, ?, ?, 0)', size, at, note);
  }

  newest(): CheckpointNote | undefined {
    return this.#select(
      'SELECT size, at, note FROM signed_checkpoints ORDER BY size DESC LIMIT 1',
    )[0];
  }

  /** Beyond a size, the smallest first. */
  after(size: number, limit: number): readonly CheckpointNote[] {
    return this.#select(
      'SELECT size, at, note FROM signed_checkpoints WHERE size > ? ORDER BY size LIMIT ?',
      size,
      limit,
    );
  }

  unarchived(limit: number): readonly CheckpointNote[] {
    return this.#select(
      'SELECT size, at, note FROM signed_checkpoints WHERE is_archived = 0 ORDER BY size LIMIT ?',
      limit,
    );
  }

  markArchived(size: number): void {
    this.#sql.exec('UPDATE signed_checkpoints SET is_archived = 1 WHERE size = ?', size);
  }

  #select(query: string, ...values: readonly number[]): CheckpointNote[] {
    return this.#sql.exec<{ size: number; at: number; note: string }>(query, ...values).toArray();
  }
}
