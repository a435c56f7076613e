/**
 * By whom an owner's notes are summarised, and how far that has come: one row for each owner whose last
 * note came with the wish for a model.
 *
 * @module
 */

import type { SummaryOrder } from '../../core/memory/summary-order.ts';

/** Who pays, and which model is asked. */
export type SummaryWish = Pick<SummaryOrder, 'principal' | 'requestId' | 'model' | 'sessionId'>;

export interface WishedSummary {
  readonly wish: SummaryWish;
  /** Begun so far for the notes that come next. */
  readonly attempts: number;
  /** Epoch milliseconds before which no other attempt begins. */
  readonly notBefore: number;
}

type Row = { wish: string; attempts: number; not_before: number };

export class SummaryWishStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS summary_wishes (
      owner TEXT PRIMARY KEY, wish TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
      not_before INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID`);
  }

  read(owner: string): WishedSummary | undefined {
    const [row] = this.#sql
      .exec<Row>('SELECT wish, attempts, not_before FROM summary_wishes WHERE owner = ?', owner)
      .toArray();
    if (row === undefined) return undefined;
    return { wish: JSON.parse(row.wish), attempts: row.attempts, notBefore: row.not_before };
  }

  /** What the newest note came with; how far it has come stays. */
  hear(owner: string, wish: SummaryWish | undefined): void {
    if (wish === undefined) {
      this.delete(owner);
      return;
    }
    this.#sql.exec(
      `INSERT INTO summary_wishes (owner, wish) VALUES (?, ?)
       ON CONFLICT (owner) DO UPDATE SET wish = excluded.wish`,
      ...[owner, JSON.stringify(wish)],
    );
  }

  /** Ignored where nobody wishes for one any more. */
  note(owner: string, { attempts, notBefore }: Omit<WishedSummary, 'wish'>): void {
    this.#sql.exec(
      'UPDATE summary_wishes SET attempts = ?, not_before = ? WHERE owner = ?',
      ...[attempts, notBefore, owner],
    );
  }

  delete(owner: string): void {
    this.#sql.exec('DELETE FROM summary_wishes WHERE owner = ?', owner);
  }
}
