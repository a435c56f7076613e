/**
 * Tickets that were issued and not used yet.
 *
 * @module
 */

import { toPrincipalName } from '../../core/policy/principal.ts';
import type { IssueTicket } from './governance-api.ts';

type TicketRow = { principal: string; path: string | null; expires_at: number };

export type TakenTicket = Pick<IssueTicket, 'principal' | 'path'>;

/** Tickets of one principal that were not used and have not ended. */
const MAX_OF_PRINCIPAL = 1_000;

export class TicketStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS held_tickets (
        hash TEXT PRIMARY KEY, holder TEXT NOT NULL, principal TEXT NOT NULL, path TEXT,
        expires_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS held_tickets_by_end ON held_tickets (expires_at);
      CREATE INDEX IF NOT EXISTS held_tickets_of_holder ON held_tickets (holder, expires_at);
      -- Their places before; none of them lives for more than a minute.
      DROP TABLE IF EXISTS tickets;
      DROP TABLE IF EXISTS url_tickets;
    `);
  }

  /**
   * How long its principal must wait for another one, in milliseconds; 0 if it has this one now. Forgets
   * those that have ended.
   */
  add({ ticketHash, principal, path, expiresAt }: IssueTicket, now: number): number {
    this.#sql.exec('DELETE FROM held_tickets WHERE expires_at <= ?', now);
    const holder = toPrincipalName(principal);
    const { count, next } = this.#sql
      .exec<{ count: number; next: number }>(
        'SELECT count(*) AS count, min(expires_at) AS next FROM held_tickets WHERE holder = ?',
        holder,
      )
      .one();
    if (count >= MAX_OF_PRINCIPAL) return next - now;
    const values = [ticketHash, holder, JSON.stringify(principal), path ?? null, expiresAt];
    this.#sql.exec('INSERT INTO held_tickets VALUES (?, ?, ?, ?, ?)', ...values);
    return 0;
  }

  /** Whose ticket it was, and for what. It is gone afterwards, whatever comes of this. */
  take(hash: string, now: number): TakenTicket | undefined {
    const query = 'DELETE FROM held_tickets WHERE hash = ? RETURNING principal, path, expires_at';
    const [row] = this.#sql.exec<TicketRow>(query, hash).toArray();
    if (row === undefined || row.expires_at <= now) return undefined;
    return { principal: JSON.parse(row.principal), ...(row.path !== null && { path: row.path }) };
  }
}
