/**
 * What certain senders may do and spend at most, by the principal that each of them is at first.
 *
 * @module
 */

import type { SenderTerms } from '../../core/channels/sender-terms.ts';

export class TermsStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS sender_terms (
      principal TEXT PRIMARY KEY, channel TEXT NOT NULL, terms TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  find(principal: string): SenderTerms | undefined {
    const [row] = this.#sql
      .exec<{ terms: string }>('SELECT terms FROM sender_terms WHERE principal = ?', principal)
      .toArray();
    return row && JSON.parse(row.terms);
  }

  put(channel: string, principal: string, terms: SenderTerms): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO sender_terms (principal, channel, terms) VALUES (?, ?, ?)',
      ...[principal, channel, JSON.stringify(terms)],
    );
  }

  removeChannel(channel: string): void {
    this.#sql.exec('DELETE FROM sender_terms WHERE channel = ?', channel);
  }
}
