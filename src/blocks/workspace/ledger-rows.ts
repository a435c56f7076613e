/**
 * Ledgers as rows. One of which nothing was spent has none.
 *
 * @module
 */

import { BUDGET_PERIODS, endOf } from '../../core/policy/budget-period.ts';
import type { Ledger } from '../../core/policy/ledger.ts';
import type { Rows } from './remembered-rows.ts';

/** How long a budget without end that nobody draws on any more stays known. */
const FORGET_TOTAL_MS = 400 * 86_400_000;

type StoredLedger = {
  key: string;
  period: string;
  begins_at: number;
  tokens: number;
  cost: number;
};

export class LedgerRows implements Rows<Ledger> {
  readonly #sql: SqlStorage;
  readonly #now: () => number;

  constructor(sql: SqlStorage, now: () => number) {
    this.#sql = sql;
    this.#now = now;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS ledgers (
      key TEXT PRIMARY KEY, period TEXT NOT NULL, begins_at INTEGER NOT NULL,
      tokens INTEGER NOT NULL, cost INTEGER NOT NULL, forget_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  *select(keys: string): Generator<[string, Ledger]> {
    const rows = this.#sql.exec<StoredLedger>(
      `SELECT key, period, begins_at, tokens, cost FROM ledgers
       WHERE key IN (SELECT value FROM json_each(?))`,
      keys,
    );
    for (const row of rows) {
      const period = BUDGET_PERIODS.find((known) => known === row.period);
      if (period === undefined) continue;
      const { key, begins_at: beginsAt, tokens, cost: costMicroUsd } = row;
      yield [key, { period, beginsAt, tokens, costMicroUsd }];
    }
  }

  replace(rows: readonly (readonly [string, Ledger])[]): void {
    const values = rows.map(([key, { period, beginsAt, tokens, costMicroUsd }]) => [
      ...[key, period, beginsAt, tokens, costMicroUsd],
      endOf(period, beginsAt) ?? this.#now() + FORGET_TOTAL_MS,
    ]);
    this.#sql.exec(
      `INSERT OR REPLACE INTO ledgers (key, period, begins_at, tokens, cost, forget_at)
       SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
       FROM json_each(?)`,
      JSON.stringify(values),
    );
  }

  /** Those of periods that are over say nothing. */
  sweep(now: number): void {
    this.#sql.exec('DELETE FROM ledgers WHERE forget_at <= ?', now);
  }
}
