/**
 * Answers to requests with an `Idempotency-Key`, by principal, route and key, for 24 hours.
 *
 * Whether a request that was begun and never answered (its Worker died) had its effect is not known
 * here. It is not made again: after a while its key says so.
 *
 * A key is known for all of its time, so that nothing happens twice: where there are too many, no more
 * are taken. A body may go before: it is the oldest of whoever holds the most that makes room, so that
 * nobody loses his answers to another one who is busier than he.
 *
 * @module
 */

import type { ContentSeal } from '../kit/content-seal.ts';
import type { IdempotentBegin } from './workspace-api.ts';

const KEEP_MS = 86_400_000;

/** How long a request may take before it counts as lost. */
const LOST_AFTER_MS = 120_000;

/** Longer bodies are not kept: the answer is then "it was done", without its body. */
const MAX_BODY_CHARS = 262_144;

/** Bodies of a workspace together, in characters as they are stored. */
const MAX_KEPT_CHARS = 33_554_432;

/** Keys of one principal, and of all. */
const MAX_KEYS_OF_PRINCIPAL = 100_000;
const MAX_KEYS = 1_000_000;

/** Whose answer it is. */
export interface AnswerKey {
  /** `kind:id`. */
  readonly principal: string;
  readonly route: string;
  readonly key: string;
}

type AnswerRow = { body_hash: string; begun_at: number; status: number | null; body: string };
type Total = { keys: number; chars: number };

/** Kept by the database, so that no way of writing an answer goes past them. */
const TOTALS = `
  CREATE TABLE answer_totals (
    principal TEXT PRIMARY KEY, keys INTEGER NOT NULL, chars INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  INSERT INTO answer_totals SELECT principal, count(*), sum(length(body)) FROM answers GROUP BY 1;
  CREATE TRIGGER answer_comes AFTER INSERT ON answers BEGIN
    INSERT INTO answer_totals VALUES (new.principal, 1, length(new.body))
      ON CONFLICT DO UPDATE SET keys = keys + 1, chars = chars + excluded.chars;
  END;
  CREATE TRIGGER answer_changes AFTER UPDATE OF body ON answers BEGIN
    UPDATE answer_totals SET chars = chars + length(new.body) - length(old.body)
      WHERE principal = new.principal;
  END;
  CREATE TRIGGER answer_goes AFTER DELETE ON answers BEGIN
    UPDATE answer_totals SET keys = keys - 1, chars = chars - length(old.body)
      WHERE principal = old.principal;
    DELETE FROM answer_totals WHERE principal = old.principal AND keys = 0;
  END;
  CREATE INDEX answers_by_age ON answers (principal, begun_at);
  CREATE INDEX answers_with_body ON answers (principal, begun_at) WHERE body <> '';
`;

export class AnswerStore {
  readonly #sql: SqlStorage;
  readonly #sealing: ContentSeal;

  constructor(sql: SqlStorage, sealing: ContentSeal) {
    this.#sql = sql;
    this.#sealing = sealing;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS answers (
      principal TEXT NOT NULL, route TEXT NOT NULL, key TEXT NOT NULL, body_hash TEXT NOT NULL,
      begun_at INTEGER NOT NULL, status INTEGER, body TEXT NOT NULL DEFAULT '',
      PRIMARY KEY (principal, route, key)
    ) STRICT, WITHOUT ROWID`);
    const known = "SELECT 1 FROM sqlite_master WHERE name = 'answer_totals'";
    if (this.#sql.exec(known).toArray().length === 0) this.#sql.exec(TOTALS);
  }

  begin(asked: AnswerKey, bodyHash: string, now: number): IdempotentBegin {
    const known = this.#find(asked, now);
    if (known === undefined) {
      const retryAfterMs = this.#fullForMs(asked.principal, now);
      if (retryAfterMs > 0) return { kind: 'full', retryAfterMs };
    } else {
      if (!isSame(known.body_hash, bodyHash)) return { kind: 'conflict' };
      if (known.status !== null) {
        const body = this.#sealing.openText(rowOf(asked), known.body);
        return { kind: 'replay', status: known.status, body };
      }
      return { kind: now - known.begun_at < LOST_AFTER_MS ? 'in-progress' : 'lost' };
    }
    const { principal, route, key } = asked;
    // No `OR REPLACE`: what that deletes no trigger hears of.
    this.#sql.exec(
      `INSERT INTO answers (principal, route, key, body_hash, begun_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET body_hash = excluded.body_hash, begun_at = excluded.begun_at,
         status = NULL, body = ''`,
      ...[principal, route, key, bodyHash, now],
    );
    return { kind: 'new' };
  }

  finish(
    { principal, route, key }: AnswerKey,
    { status, body }: { readonly status: number; readonly body: string },
  ): void {
    this.#sql.exec(
      'UPDATE answers SET status = ?, body = ? WHERE principal = ? AND route = ? AND key = ?',
      status,
      this.#sealing.seal(
        rowOf({ principal, route, key }),
        body.length > MAX_BODY_CHARS ? '' : body,
      ),
      principal,
      route,
      key,
    );
    this.#makeRoom();
  }

  /** The request had no effect: its key is free again. */
  release({ principal, route, key }: AnswerKey): void {
    this.#sql.exec(
      'DELETE FROM answers WHERE principal = ? AND route = ? AND key = ? AND status IS NULL',
      principal,
      route,
      key,
    );
  }

  isEmpty(): boolean {
    return this.#sql.exec('SELECT 1 FROM answers LIMIT 1').toArray().length === 0;
  }

  sweep(now: number): void {
    const query = 'SELECT principal FROM answer_totals';
    for (const { principal } of this.#sql.exec<{ principal: string }>(query).toArray()) {
      const old = 'DELETE FROM answers WHERE principal = ? AND begun_at <= ?';
      this.#sql.exec(old, principal, now - KEEP_MS);
    }
  }

  #find({ principal, route, key }: AnswerKey, now: number): AnswerRow | undefined {
    return this.#sql
      .exec<AnswerRow>(
        `SELECT body_hash, begun_at, status, body FROM answers
         WHERE principal = ? AND route = ? AND key = ? AND begun_at > ?`,
        ...[principal, route, key, now - KEEP_MS],
      )
      .toArray()[0];
  }

  /** How long no other key is taken of this principal; 0 if one is taken now. */
  #fullForMs(principal: string, now: number): number {
    if (this.#fullOf(principal) === undefined) return 0;
    this.sweep(now);
    const full = this.#fullOf(principal);
    if (full === undefined) return 0;
    const { at } = this.#sql
      .exec<{ at: number }>(
        `SELECT min((SELECT min(begun_at) FROM answers WHERE principal = totals.principal)) AS at
         FROM answer_totals AS totals WHERE ?1 IS NULL OR principal = ?1`,
        full.of,
      )
      .one();
    return Math.max(1, at + KEEP_MS - now);
  }

  /** Whose keys are too many: of this principal, or (`null`) of all. */
  #fullOf(principal: string): { readonly of: string | null } | undefined {
    if (this.#total(principal).keys >= MAX_KEYS_OF_PRINCIPAL) return { of: principal };
    return this.#total(null).keys >= MAX_KEYS ? { of: null } : undefined;
  }

  /** The newest answer stays: it alone is never too much. */
  #makeRoom(): void {
    for (let excess = this.#total(null).chars - MAX_KEPT_CHARS; excess > 0; ) {
      const [dropped] = this.#sql
        .exec<{ chars: number; principal: string; route: string; key: string }>(
          `SELECT length(body) AS chars, principal, route, key FROM answers
           WHERE body <> '' AND principal =
             (SELECT principal FROM answer_totals ORDER BY chars DESC LIMIT 1)
           ORDER BY begun_at LIMIT 1`,
        )
        .toArray();
      if (dropped === undefined) return;
      const { chars, principal, route, key } = dropped;
      const which = 'principal = ? AND route = ? AND key = ?';
      this.#sql.exec(`UPDATE answers SET body = '' WHERE ${which}`, principal, route, key);
      excess -= chars;
    }
  }

  /** Of a principal, or of all. */
  #total(principal: string | null): Total {
    return this.#sql
      .exec<Total>(
        `SELECT coalesce(sum(keys), 0) AS keys, coalesce(sum(chars), 0) AS chars FROM answer_totals
         WHERE ?1 IS NULL OR principal = ?1`,
        principal,
      )
      .one();
  }
}

/** What an earlier version has begun does not say whom it is about: it stands for all of the same words. */
function isSame(known: string, bodyHash: string): boolean {
  return bodyHash === known || bodyHash.startsWith(`${known}/`);
}

function rowOf({ principal, route, key }: AnswerKey): string {
  return `answer/${JSON.stringify([principal, route, key])}`;
}
