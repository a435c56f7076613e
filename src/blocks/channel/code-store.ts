/**
 * Pairing codes that can be redeemed, by their hash, and how often somebody has tried.
 *
 * @module
 */

import { type Bucket, callsIn, refill, takeCalls } from '../../core/policy/bucket.ts';
import type { Rate } from '../../core/policy/policy.ts';

/** How often a sender may try a code, and all senders of a channel together. */
const SENDER_ATTEMPTS: Rate = { calls: 5, periodMs: 600_000 };
const CHANNEL_ATTEMPTS: Rate = { calls: 50, periodMs: 600_000 };

/** Where codes stand that are worth the same on all channels; no channel can have this name. */
export const LINK_SCOPE = '*';

/** Most codes of a channel at a time; the oldest are dropped. */
const MAX_CODES = 32;

export interface LiveCode {
  readonly joins?: string;
}

export class CodeStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTables(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS codes (
        channel TEXT NOT NULL, hash TEXT NOT NULL, expires_at INTEGER NOT NULL, joins TEXT,
        PRIMARY KEY (channel, hash)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS code_attempts (
        who TEXT PRIMARY KEY, bucket TEXT NOT NULL
      ) STRICT, WITHOUT ROWID`);
  }

  put(channel: string, hash: string, { expiresAt, joins }: LiveCode & { expiresAt: number }): void {
    this.#sql.exec(
      'INSERT INTO codes (channel, hash, expires_at, joins) VALUES (?, ?, ?, ?)',
      ...[channel, hash, expiresAt, joins ?? null],
    );
    this.#sql.exec(
      `DELETE FROM codes WHERE channel = ?1 AND hash NOT IN
         (SELECT hash FROM codes WHERE channel = ?1 ORDER BY expires_at DESC LIMIT ?2)`,
      channel,
      MAX_CODES,
    );
  }

  /** Of the codes of a principal for his other accounts, the newest alone is live. */
  putLink(hash: string, { expiresAt, joins }: Required<LiveCode> & { expiresAt: number }): void {
    this.#sql.exec('DELETE FROM codes WHERE channel = ? AND joins = ?', LINK_SCOPE, joins);
    this.#sql.exec(
      'INSERT INTO codes (channel, hash, expires_at, joins) VALUES (?, ?, ?, ?)',
      ...[LINK_SCOPE, hash, expiresAt, joins],
    );
  }

  /** Uses a code up; `undefined` if it is not live. */
  redeem(channel: string, hash: string, now: number): LiveCode | undefined {
    const [row] = this.#sql
      .exec<{ expires_at: number; joins: string | null }>(
        'DELETE FROM codes WHERE channel = ? AND hash = ? RETURNING expires_at, joins',
        channel,
        hash,
      )
      .toArray();
    if (row === undefined || row.expires_at <= now) return undefined;
    return row.joins === null ? {} : { joins: row.joins };
  }

  /** Counts an attempt; `false` if there were too many. */
  mayTry(channel: string, sender: string, now: number): boolean {
    const ofSender = this.#take(`${channel}/${sender}`, SENDER_ATTEMPTS, now);
    return ofSender && this.#take(channel, CHANNEL_ATTEMPTS, now);
  }

  removeChannel(channel: string): void {
    this.#sql.exec(
      'DELETE FROM codes WHERE channel = ? OR joins GLOB ?',
      ...[channel, `${channel}.*`],
    );
  }

  /** Forgets codes that are over, and attempts that nothing depends on any more. */
  sweep(now: number): void {
    this.#sql.exec('DELETE FROM codes WHERE expires_at <= ?', now);
    this.#sql.exec(
      "DELETE FROM code_attempts WHERE json_extract(bucket, '$.at') < ?",
      now - SENDER_ATTEMPTS.periodMs,
    );
  }

  #take(who: string, rate: Rate, now: number): boolean {
    const [row] = this.#sql
      .exec<{ bucket: string }>('SELECT bucket FROM code_attempts WHERE who = ?', who)
      .toArray();
    const stored: Bucket | undefined = row && JSON.parse(row.bucket);
    const bucket = refill(stored, rate, now);
    if (callsIn(bucket) < 1) return false;
    this.#sql.exec(
      'INSERT OR REPLACE INTO code_attempts (who, bucket) VALUES (?, ?)',
      who,
      JSON.stringify(takeCalls(bucket, 1)),
    );
    return true;
  }
}
