/**
 * What a lane remembers of its calls: that each key was used, under which epoch, and how it ended.
 *
 * Rows outlive the deadline of their ticket, so a used ticket is refused for as long as it is
 * valid. The platform holds back whatever leaves the object until these writes are on disk. That a
 * key is used must be there before the call runs; how it ended may follow a moment later, since
 * whoever asked has it by then, and a lane that cannot tell says so.
 *
 * @module
 */

import { Buffer } from 'node:buffer';
import type { ToolOutcome } from '../../core/conversation/tool-result.ts';

/** How long an outcome can be recalled, in milliseconds. */
export const RETENTION_MS = 3_600_000;

/** Longest outcome that is kept, in bytes of its JSON; the platform's rows hold 2 MB. */
export const MAX_STORED_OUTCOME_BYTES = 1_900_000;

/** Newest epochs kept in memory; the others are read again. */
const MAX_CACHED_EPOCHS = 1_024;

interface StartedCall {
  readonly callKey: string;
  readonly epoch: number;
  readonly deadlineAt: number;
}

export class LaneStore {
  readonly #sql: SqlStorage;
  readonly #epochs = new Map<string, number>();
  /** JSON of outcomes that are not on disk yet, by call key. */
  readonly #unwritten = new Map<string, string>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(`CREATE TABLE IF NOT EXISTS calls (
      call_key TEXT PRIMARY KEY, epoch INTEGER NOT NULL, expires_at INTEGER NOT NULL, outcome TEXT
    ) WITHOUT ROWID`);
  }

  /** The newest epoch under which a call of this call's turn was let in; 0 if none was. */
  newestEpoch(callKey: string): number {
    const turn = turnOf(callKey);
    const cached = this.#epochs.get(turn);
    if (cached !== undefined) return cached;
    const row = this.#sql
      .exec<{ epoch: number | null }>(
        'SELECT max(epoch) AS epoch FROM calls WHERE call_key >= ? AND call_key < ?',
        `${turn}/`,
        `${turn}0`, // the character after "/"
      )
      .one();
    this.#remember(turn, row.epoch ?? 0);
    return row.epoch ?? 0;
  }

  /**
   * Uses up a key; `false` if it was used before. A call whose outcome was lost may be started once
   * more by a newer run of its turn: whether it may is for the gate to decide, which signs no second
   * ticket for a call that is not repeatable.
   */
  start({ callKey, epoch, deadlineAt }: StartedCall, now: number): boolean {
    // One write to disk for this and for what was kept.
    this.writeKept();
    const started = this.#sql
      .exec(
        `INSERT INTO calls (call_key, epoch, expires_at) VALUES (?, ?, ?)
         ON CONFLICT (call_key) DO UPDATE SET epoch = excluded.epoch, expires_at = excluded.expires_at
         WHERE excluded.epoch > epoch AND outcome IS NULL RETURNING 1`,
        callKey,
        epoch,
        Math.max(deadlineAt, now + RETENTION_MS),
      )
      .toArray();
    if (started.length === 0) return false;
    this.#remember(turnOf(callKey), epoch);
    return true;
  }

  /** Keeps how a call ended, unless that is too long to keep. On disk only after {@link writeKept}. */
  keep(callKey: string, outcome: ToolOutcome): void {
    const json = JSON.stringify(outcome);
    if (Buffer.byteLength(json) <= MAX_STORED_OUTCOME_BYTES) this.#unwritten.set(callKey, json);
  }

  writeKept(): void {
    for (const [callKey, json] of this.#unwritten) {
      this.#sql.exec('UPDATE calls SET outcome = ? WHERE call_key = ?', json, callKey);
    }
    this.#unwritten.clear();
  }

  outcome(callKey: string): ToolOutcome | undefined {
    const kept = this.#unwritten.get(callKey);
    if (kept !== undefined) return JSON.parse(kept);
    const [row] = this.#sql
      .exec<{ outcome: string | null }>('SELECT outcome FROM calls WHERE call_key = ?', callKey)
      .toArray();
    return row?.outcome ? JSON.parse(row.outcome) : undefined;
  }

  /** Deletes what has expired, and answers when the next row will. */
  forgetExpired(now: number): number | undefined {
    this.#sql.exec('DELETE FROM calls WHERE expires_at <= ?', now);
    this.#epochs.clear();
    const row = this.#sql
      .exec<{ next: number | null }>('SELECT min(expires_at) AS next FROM calls')
      .one();
    return row.next ?? undefined;
  }

  #remember(turn: string, epoch: number): void {
    if (this.#epochs.size >= MAX_CACHED_EPOCHS) this.#epochs.clear();
    this.#epochs.set(turn, epoch);
  }
}

/** The turn in a key, `turnId/round/index`. */
function turnOf(callKey: string): string {
  return callKey.slice(0, callKey.indexOf('/'));
}
