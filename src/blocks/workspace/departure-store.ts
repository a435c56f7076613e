/**
 * Principals that have lost their last credential, and whose sign-ins may still be there.
 *
 * @module
 */

import type { NamedActor } from '../../core/audit/named-actor.ts';

export interface Departure {
  /** `kind:id`. */
  readonly principal: string;
  /** Who has revoked it. */
  readonly by: NamedActor;
}

type Row = { principal: string; actor: string; request_id: string };

export class DepartureStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS departures (
      principal TEXT PRIMARY KEY, actor TEXT NOT NULL, request_id TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  add({ principal, by }: Departure): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO departures VALUES (?, ?, ?)',
      ...[principal, by.name, by.requestId],
    );
  }

  pending(): readonly Departure[] {
    return this.#sql
      .exec<Row>('SELECT principal, actor, request_id FROM departures')
      .toArray()
      .map(({ principal, actor: name, request_id: requestId }) => {
        return { principal, by: { name, requestId } };
      });
  }

  /** Unless it has departed once more since. */
  done({ principal, by }: Departure): void {
    this.#sql.exec(
      'DELETE FROM departures WHERE principal = ? AND request_id = ?',
      ...[principal, by.requestId],
    );
  }
}
