/**
 * Tickets that were issued and not used yet.
 *
 * @module
 */

import type { Principal } from '../../core/policy/principal.ts';
import type { IssueTicket } from './governance-api.ts';

export class TicketStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS tickets (
      hash TEXT PRIMARY KEY, principal TEXT NOT NULL, expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  /** Forgets those that have ended. */
  add({ ticketHash, principal, expiresAt }: IssueTicket, now: number): void {
    this.#sql.exec('DELETE FROM tickets WHERE expires_at <= ?', now);
    const written = JSON.stringify(principal);
    this.#sql.exec('INSERT INTO tickets VALUES (?, ?, ?)', ticketHash, written, expiresAt);
  }

  /** Whose ticket it was. It is gone afterwards, whatever comes of this. */
  take(hash: string, now: number): Principal | undefined {
    const query = 'DELETE FROM tickets WHERE hash = ? RETURNING principal, expires_at';
    const [row] = this.#sql.exec<{ principal: string; expires_at: number }>(query, hash).toArray();
    return row === undefined || row.expires_at <= now ? undefined : JSON.parse(row.principal);
  }
}
