/**
 * How the calls of a lane ended, for those who lost the answer.
 *
 * An outcome is in memory at once, and on disk a moment later: whoever asked has it by then, and a
 * lane that cannot tell says so.
 *
 * @module
 */

import { Buffer } from 'node:buffer';
import type { ContentSeal } from '../../blocks/kit/content-seal.ts';
import type { ToolOutcome } from '../../core/conversation/tool-result.ts';

/** How long an outcome can be recalled, in milliseconds. */
export const RETENTION_MS = 3_600_000;

/** Longest outcome that is kept, in bytes of its JSON; sealed, it is a third longer, and a row holds 2 MB. */
export const MAX_STORED_OUTCOME_BYTES = 1_400_000;

/** All that are kept together, as they are stored: the newest. Of any other, the lane cannot tell. */
const MAX_KEPT_BYTES = 268_435_456;

/** Expired ones that are deleted at once: calls wait for it. */
const MAX_FORGOTTEN = 10_000;

/** Kept by the database: there may be a million, too many to count in every life or to remember. */
const TOTAL = `
  CREATE TABLE outcomes_total (bytes INTEGER NOT NULL) STRICT;
  INSERT INTO outcomes_total SELECT coalesce(sum(octet_length(outcome)), 0) FROM outcomes;
  CREATE TRIGGER outcome_comes AFTER INSERT ON outcomes BEGIN
    UPDATE outcomes_total SET bytes = bytes + octet_length(new.outcome);
  END;
  CREATE TRIGGER outcome_changes AFTER UPDATE OF outcome ON outcomes BEGIN
    UPDATE outcomes_total SET bytes = bytes + octet_length(new.outcome) - octet_length(old.outcome);
  END;
  CREATE TRIGGER outcome_goes AFTER DELETE ON outcomes BEGIN
    UPDATE outcomes_total SET bytes = bytes - octet_length(old.outcome);
  END;
`;

interface Kept {
  readonly json: string;
  readonly expiresAt: number;
}

export class LaneStore {
  readonly #sql: SqlStorage;
  readonly #sealing: ContentSeal | undefined;
  readonly #maxBytes: number;
  /** Outcomes that are not on disk yet, by call key. */
  readonly #unwritten = new Map<string, Kept>();

  constructor(sql: SqlStorage, sealing?: ContentSeal, maxBytes = MAX_KEPT_BYTES) {
    this.#sql = sql;
    this.#sealing = sealing;
    this.#maxBytes = maxBytes;
    sql.exec(`
      CREATE TABLE IF NOT EXISTS outcomes (
        call_key TEXT PRIMARY KEY, expires_at INTEGER NOT NULL, outcome TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS outcomes_by_end ON outcomes (expires_at);
    `);
    const known = "SELECT 1 FROM sqlite_master WHERE name = 'outcomes_total'";
    if (sql.exec(known).toArray().length === 0) sql.exec(TOTAL);
  }

  /** Keeps how a call ended, unless that is too long to keep. On disk only after {@link writeKept}. */
  keep(callKey: string, outcome: ToolOutcome, now: number): void {
    const json = JSON.stringify(outcome);
    if (Buffer.byteLength(json) > MAX_STORED_OUTCOME_BYTES) return;
    this.#unwritten.set(callKey, { json, expiresAt: now + RETENTION_MS });
  }

  writeKept(): void {
    for (const [callKey, { json, expiresAt }] of this.#unwritten) {
      const stored = this.#sealing?.seal(rowOf(callKey), json) ?? json;
      // No `OR REPLACE`: what that deletes no trigger hears of.
      this.#sql.exec(
        `INSERT INTO outcomes (call_key, expires_at, outcome) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at, outcome = excluded.outcome`,
        callKey,
        expiresAt,
        stored,
      );
    }
    if (this.#unwritten.size > 0) this.#makeRoom();
    this.#unwritten.clear();
  }

  dropUnwritten(): void {
    this.#unwritten.clear();
  }

  outcome(callKey: string): ToolOutcome | undefined {
    const kept = this.#unwritten.get(callKey);
    if (kept !== undefined) return JSON.parse(kept.json);
    const [row] = this.#sql
      .exec<{ outcome: string }>('SELECT outcome FROM outcomes WHERE call_key = ?', callKey)
      .toArray();
    if (row === undefined) return undefined;
    return JSON.parse(this.#sealing?.openText(rowOf(callKey), row.outcome) ?? row.outcome);
  }

  /** Deletes what has expired, a part at a time, and answers when the next row will, or has. */
  forgetExpired(now: number): number | undefined {
    this.#sql.exec(
      `DELETE FROM outcomes WHERE call_key IN
         (SELECT call_key FROM outcomes WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
      ...[now, MAX_FORGOTTEN],
    );
    const row = this.#sql
      .exec<{ next: number | null }>('SELECT min(expires_at) AS next FROM outcomes')
      .one();
    return row.next ?? undefined;
  }

  /** The oldest go. The newest alone is never too much. */
  #makeRoom(): void {
    while (this.#bytes() > this.#maxBytes) {
      const oldest = 'SELECT call_key FROM outcomes ORDER BY expires_at LIMIT 1';
      const { rowsWritten } = this.#sql.exec(`DELETE FROM outcomes WHERE call_key = (${oldest})`);
      if (rowsWritten === 0) return;
    }
  }

  #bytes(): number {
    return this.#sql.exec<{ bytes: number }>('SELECT bytes FROM outcomes_total').one().bytes;
  }
}

function rowOf(callKey: string): string {
  return `outcome/${callKey}`;
}
