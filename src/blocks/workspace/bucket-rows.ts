/**
 * Token buckets as rows. One that was never touched, or is full again, has none.
 *
 * @module
 */

import type { Bucket } from '../../core/policy/bucket.ts';
import type { Rows } from './remembered-rows.ts';

type StoredBucket = { key: string; calls: number; period_ms: number; credits: number; at: number };

export class BucketRows implements Rows<Bucket> {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS buckets (
      key TEXT PRIMARY KEY, calls INTEGER NOT NULL, period_ms INTEGER NOT NULL,
      credits INTEGER NOT NULL, at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  *select(keys: string): Generator<[string, Bucket]> {
    const rows = this.#sql.exec<StoredBucket>(
      `SELECT key, calls, period_ms, credits, at FROM buckets
       WHERE key IN (SELECT value FROM json_each(?))`,
      keys,
    );
    for (const { key, calls, period_ms: periodMs, credits, at } of rows) {
      yield [key, { rate: { calls, periodMs }, credits, at }];
    }
  }

  replace(rows: readonly (readonly [string, Bucket])[]): void {
    const values = rows.map(([key, { rate, credits, at }]) => [
      ...[key, rate.calls, rate.periodMs, credits, at],
    ]);
    this.#sql.exec(
      `INSERT OR REPLACE INTO buckets (key, calls, period_ms, credits, at)
       SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)`,
      JSON.stringify(values),
    );
  }

  /** Those that are full again say nothing. */
  sweep(now: number): void {
    this.#sql.exec('DELETE FROM buckets WHERE at + period_ms <= ?', now);
  }
}
