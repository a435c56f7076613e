/**
 * Answers to requests with an `Idempotency-Key`, by principal, route and key, for 24 hours.
 *
 * A request that was begun and never answered (its Worker died) blocks its key for a while only;
 * then the same request may be made again. Whether it had its effect is not known here.
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

/** Whose answer it is. */
export interface AnswerKey {
  /** `kind:id`. */
  readonly principal: string;
  readonly route: string;
  readonly key: string;
}

type AnswerRow = { body_hash: string; begun_at: number; status: number | null; body: string };

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
  }

  begin({ principal, route, key }: AnswerKey, bodyHash: string, now: number): IdempotentBegin {
    const [known] = this.#sql
      .exec<AnswerRow>(
        `SELECT body_hash, begun_at, status, body FROM answers
         WHERE principal = ? AND route = ? AND key = ? AND begun_at > ?`,
        principal,
        route,
        key,
        now - KEEP_MS,
      )
      .toArray();
    if (known !== undefined && !isSame(known.body_hash, bodyHash)) return { kind: 'conflict' };
    if (known !== undefined && known.status !== null) {
      const body = this.#sealing.openText(rowOf({ principal, route, key }), known.body);
      return { kind: 'replay', status: known.status, body };
    }
    if (known !== undefined && now - known.begun_at < LOST_AFTER_MS) return { kind: 'in-progress' };
    this.#sql.exec(
      `INSERT OR REPLACE INTO answers (principal, route, key, body_hash, begun_at)
       VALUES (?, ?, ?, ?, ?)`,
      principal,
      route,
      key,
      bodyHash,
      now,
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
  }

  /** The request had no effect: its key is free again. */
  forget({ principal, route, key }: AnswerKey): void {
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
    this.#sql.exec('DELETE FROM answers WHERE begun_at <= ?', now - KEEP_MS);
  }
}

/** What an earlier version has begun does not say whom it is about: it stands for all of the same words. */
function isSame(known: string, bodyHash: string): boolean {
  return bodyHash === known || bodyHash.startsWith(`${known}/`);
}

function rowOf({ principal, route, key }: AnswerKey): string {
  return `answer/${JSON.stringify([principal, route, key])}`;
}
