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

interface Kept {
  readonly json: string;
  readonly expiresAt: number;
}

export class LaneStore {
  readonly #sql: SqlStorage;
  readonly #sealing: ContentSeal | undefined;
  /** Outcomes that are not on disk yet, by call key. */
  readonly #unwritten = new Map<string, Kept>();

  constructor(sql: SqlStorage, sealing?: ContentSeal) {
    this.#sql = sql;
    this.#sealing = sealing;
    sql.exec(`CREATE TABLE IF NOT EXISTS outcomes (
      call_key TEXT PRIMARY KEY, expires_at INTEGER NOT NULL, outcome TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  /** Keeps how a call ended, unless that is too long to keep. On disk only after {@link writeKept}. */
  keep(callKey: string, outcome: ToolOutcome, now: number): void {
    const json = JSON.stringify(outcome);
    if (Buffer.byteLength(json) > MAX_STORED_OUTCOME_BYTES) return;
    this.#unwritten.set(callKey, { json, expiresAt: now + RETENTION_MS });
  }

  writeKept(): void {
    for (const [callKey, { json, expiresAt }] of this.#unwritten) {
      this.#sql.exec(
        'INSERT OR REPLACE INTO outcomes (call_key, expires_at, outcome) VALUES (?, ?, ?)',
        callKey,
        expiresAt,
        this.#sealing?.seal(rowOf(callKey), json) ?? json,
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
    this.#sql.exec('DELETE FROM outcomes WHERE expires_at <= ?', now);
    const row = this.#sql
      .exec<{ next: number | null }>('SELECT min(expires_at) AS next FROM outcomes')
      .one();
    return row.next ?? undefined;
  }
}

function rowOf(callKey: string): string {
  return `outcome/${callKey}`;
}
