/**
 * Tickets that were issued and not used yet.
 *
 * @module
 */

import type { IssueTicket } from './governance-api.ts';

type TicketRow = { principal: string; path: string | null; expires_at: number };

export type TakenTicket = Pick<IssueTicket, 'principal' | 'path'>;

export class TicketStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS url_tickets (
      hash TEXT PRIMARY KEY, principal TEXT NOT NULL, path TEXT, expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
    // Their place before; none of them lives for more than a minute.
    this.#sql.exec('DROP TABLE IF EXISTS tickets');
  }

  /** Forgets those that have ended. */
  add({ ticketHash, principal, path, expiresAt }: IssueTicket, now: number): void {
    this.#sql.exec('DELETE FROM url_tickets WHERE expires_at <= ?', now);
    const values = [ticketHash, JSON.stringify(principal), path ?? null, expiresAt];
    this.#sql.exec('INSERT INTO url_tickets VALUES (?, ?, ?, ?)', ...values);
  }

  /** Whose ticket it was, and for what. It is gone afterwards, whatever comes of this. */
  take(hash: string, now: number): TakenTicket | undefined {
    const query = 'DELETE FROM url_tickets WHERE hash = ? RETURNING principal, path, expires_at';
    const [row] = this.#sql.exec<TicketRow>(query, hash).toArray();
    if (row === undefined || row.expires_at <= now) return undefined;
    return { principal: JSON.parse(row.principal), ...(row.path !== null && { path: row.path }) };
  }
}
