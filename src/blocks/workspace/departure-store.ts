/**
 * Principals that have lost their last credential, and whose sign-ins may still be there.
 *
 * @module
 */

import type { NamedActor } from '../../core/audit/named-actor.ts';

/** Of all whom one request has left without a credential. */
export interface Departure {
  /** Each `kind:id`. */
  readonly principals: readonly string[];
  /** Who has revoked them. */
  readonly by: NamedActor;
}

type Row = { principals: string; actor: string; request_id: string };

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

  add({ principals, by }: Departure): void {
    for (const principal of principals) {
      this.#sql.exec(
        'INSERT OR REPLACE INTO departures VALUES (?, ?, ?)',
        ...[principal, by.name, by.requestId],
      );
    }
  }

  pending(): readonly Departure[] {
    return this.#sql
      .exec<Row>(
        `SELECT json_group_array(principal) AS principals, actor, request_id FROM departures
         GROUP BY actor, request_id`,
      )
      .toArray()
      .map(({ principals, actor: name, request_id: requestId }) => {
        return { principals: JSON.parse(principals), by: { name, requestId } };
      });
  }

  /** But for those who have departed once more since. */
  done({ by }: Departure): void {
    this.#sql.exec(
      'DELETE FROM departures WHERE actor = ? AND request_id = ?',
      ...[by.name, by.requestId],
    );
  }
}
