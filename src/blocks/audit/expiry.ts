/**
 * Retention: what an event says is forgotten once its class has been kept for long enough. Its
 * record keeps action, decision, moment and hash, so that the chain and its tree still verify.
 *
 * Nothing here opens a transaction: writes belong to the caller's.
 *
 * @module
 */

import {
  AUDIT_CLASSES,
  type AuditClass,
  actionsOf,
  type Retention,
} from '../../core/audit/audit-class.ts';

const DAY_MS = 86_400_000;

/** How long an event may have been on its way to the chain. */
const LATE_MS = 7 * DAY_MS;

/** Records that one transaction forgets at most. */
const MAX_EXPIRED_AT_ONCE = 1_000;

/** What is left of an event, and of whom nothing is told any more. */
const STUB = `json_object('action', json_extract(event, '$.action'),
  'decision', json_extract(event, '$.decision'), 'at', json_extract(event, '$.at'),
  'actor', 'expired')`;

export interface Expired {
  readonly auditClass: AuditClass;
  readonly count: number;
}

export class ExpiryStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTables(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS retention (
        class TEXT PRIMARY KEY, days INTEGER NOT NULL,
        -- What is older has been forgotten, but for what arrives late.
        done_before INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS expired (seq INTEGER PRIMARY KEY) STRICT;
    `);
  }

  retention(): Retention {
    const rows = this.#sql
      .exec<{ class: string; days: number }>('SELECT class, days FROM retention')
      .toArray();
    return Object.fromEntries(rows.map((row) => [row.class, row.days]));
  }

  setRetention(retention: Retention): void {
    this.#sql.exec('DELETE FROM retention');
    for (const [auditClass, days] of Object.entries(retention)) {
      this.#sql.exec('INSERT INTO retention VALUES (?, ?, 0)', auditClass, days);
    }
  }

  /** Forgets some of what is due; there may be more while the counts are not all 0. */
  expire(now: number): readonly Expired[] {
    const retention = this.retention();
    return AUDIT_CLASSES.flatMap((auditClass) => {
      const days = retention[auditClass];
      if (days === undefined) return [];
      const count = this.#expireClass(auditClass, now - days * DAY_MS);
      return count === 0 ? [] : [{ auditClass, count }];
    });
  }

  #expireClass(auditClass: AuditClass, before: number): number {
    const due = this.#sql
      .exec<{ seq: number }>(
        `SELECT seq FROM records WHERE json_extract(event, '$.at') < ?
         AND json_extract(event, '$.at') >= (SELECT done_before FROM retention WHERE class = ?)
         AND action IN (SELECT value FROM json_each(?))
         AND seq NOT IN (SELECT seq FROM expired) LIMIT ?`,
        before,
        auditClass,
        JSON.stringify(actionsOf(auditClass)),
        MAX_EXPIRED_AT_ONCE,
      )
      .toArray();
    for (const { seq } of due) {
      this.#sql.exec(`UPDATE records SET event = ${STUB} WHERE seq = ?`, seq);
      this.#sql.exec('INSERT INTO expired VALUES (?)', seq);
    }
    if (due.length < MAX_EXPIRED_AT_ONCE) {
      const doneBefore = Math.max(0, before - LATE_MS);
      this.#sql.exec(
        'UPDATE retention SET done_before = ? WHERE class = ?',
        doneBefore,
        auditClass,
      );
    }
    return due.length;
  }
}
