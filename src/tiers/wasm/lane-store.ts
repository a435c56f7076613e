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
import { NewestBytes } from '../../core/primitives/newest-bytes.ts';

/** How long an outcome can be recalled, in milliseconds. */
export const RETENTION_MS = 3_600_000;

/** Longest outcome that is kept, in bytes of its JSON; sealed, it is a third longer, and a row holds 2 MB. */
export const MAX_STORED_OUTCOME_BYTES = 1_400_000;

/** All that are kept together, as they are stored: the newest. Of any other, the lane cannot tell. */
const MAX_KEPT_BYTES = 268_435_456;

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
  /** Those that are. Counted with the first that is written: most lives of the object end before. */
  #written: NewestBytes | undefined;

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
      this.#makeRoomFor(callKey, Buffer.byteLength(stored));
      this.#sql.exec(
        'INSERT OR REPLACE INTO outcomes (call_key, expires_at, outcome) VALUES (?, ?, ?)',
        callKey,
        expiresAt,
        stored,
      );
    }
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

  /** Deletes what has expired, and answers when the next row will. */
  forgetExpired(now: number): number | undefined {
    const expired = this.#sql
      .exec<{ key: string }>(
        'DELETE FROM outcomes WHERE expires_at <= ? RETURNING call_key AS key',
        now,
      )
      .toArray();
    for (const { key } of expired) this.#written?.delete(key);
    const row = this.#sql
      .exec<{ next: number | null }>('SELECT min(expires_at) AS next FROM outcomes')
      .one();
    return row.next ?? undefined;
  }

  #makeRoomFor(callKey: string, bytes: number): void {
    this.#written ??= this.#count();
    this.#drop(this.#written.add(callKey, bytes));
  }

  /** What earlier lives have left; their texts are not read for it. */
  #count(): NewestBytes {
    const written = new NewestBytes(this.#maxBytes);
    const rows = this.#sql
      .exec<{ key: string; bytes: number }>(
        'SELECT call_key AS key, octet_length(outcome) AS bytes FROM outcomes ORDER BY expires_at',
      )
      .toArray();
    for (const { key, bytes } of rows) this.#drop(written.add(key, bytes));
    return written;
  }

  #drop(callKeys: readonly string[]): void {
    for (const key of callKeys) this.#sql.exec('DELETE FROM outcomes WHERE call_key = ?', key);
  }
}

function rowOf(callKey: string): string {
  return `outcome/${callKey}`;
}
