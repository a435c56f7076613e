/**
 * Sessions that must hear of a new revision and have not said yet that they did.
 *
 * @module
 */

export interface Announcement {
  readonly sessionId: string;
  readonly revision: number;
}

export class AnnouncementStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS announcements (
      session_id TEXT PRIMARY KEY, revision INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  /** Replaces what the session has not heard of an earlier revision. */
  add({ sessionId, revision }: Announcement): void {
    this.#sql.exec('INSERT OR REPLACE INTO announcements VALUES (?, ?)', sessionId, revision);
  }

  pending(): Announcement[] {
    return this.#sql
      .exec<{ session_id: string; revision: number }>(
        'SELECT session_id, revision FROM announcements',
      )
      .toArray()
      .map((row) => ({ sessionId: row.session_id, revision: row.revision }));
  }

  /** The session has heard of this revision; a newer one may be pending by now. */
  heard({ sessionId, revision }: Announcement): void {
    this.#sql.exec(
      'DELETE FROM announcements WHERE session_id = ? AND revision <= ?',
      sessionId,
      revision,
    );
  }

  /** Sessions without a live turn need not hear it: their next turn asks. */
  keepOnly(sessionIds: ReadonlySet<string>): void {
    for (const announcement of this.pending()) {
      if (!sessionIds.has(announcement.sessionId)) this.heard(announcement);
    }
  }
}
