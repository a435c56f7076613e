/**
 * When a token was used last, and the origins that it was used from: source address and kind of client.
 *
 * A token in daily use is written down once a minute for each of its origins, so a request costs no
 * write. A new origin is written at once, that somebody who has stolen a token shows; but only so many a
 * minute, that nobody can make an object write by changing what he says of himself.
 *
 * @module
 */

import { type Bucket, callsIn, refill, takeCalls } from '../../core/policy/bucket.ts';
import type { ClientClass } from '../../core/policy/client-class.ts';
import type { RequestUse } from '../../core/policy/request-use.ts';
import { remember } from '../../core/primitives/remember.ts';

/** How old the time of a last use may be, in milliseconds. */
const ACCURACY_MS = 60_000;

/** Origins that are kept of a token: those used last. */
export const MAX_ORIGINS = 8;

/** New origins of a token that are written down. */
const NEW_ORIGINS = { calls: MAX_ORIGINS, periodMs: 60_000 } as const;

/** Tokens in memory; beyond that number the oldest is forgotten, and read anew. */
const MAX_REMEMBERED = 1_024;

export interface TokenOrigin {
  /** Absent where the platform does not say. */
  readonly source?: string;
  readonly client: ClientClass;
  readonly firstAt: number;
  readonly lastAt: number;
}

type OriginRow = { source: string; client: ClientClass; first_at: number; last_at: number };

interface Known {
  /** When each origin was written last. */
  readonly writtenAt: Map<string, number>;
  fresh: Bucket | undefined;
}

export class TokenUses {
  readonly #sql: SqlStorage;
  readonly #known = new Map<string, Known>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** After the table of the tokens. */
  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS token_origins (
      token_id TEXT NOT NULL, source TEXT NOT NULL, client TEXT NOT NULL,
      first_at INTEGER NOT NULL, last_at INTEGER NOT NULL,
      PRIMARY KEY (token_id, source, client)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER IF NOT EXISTS token_origins_go AFTER DELETE ON tokens
      BEGIN DELETE FROM token_origins WHERE token_id = old.id; END`);
  }

  note(tokenId: string, { source = '', client }: Omit<RequestUse, 'operation'>, now: number): void {
    const known = this.#know(tokenId);
    const origin = `${client} ${source}`;
    const writtenAt = known.writtenAt.get(origin);
    if (writtenAt !== undefined && now - writtenAt < ACCURACY_MS) return;
    if (writtenAt === undefined) {
      const bucket = refill(known.fresh, NEW_ORIGINS, now);
      if (callsIn(bucket) < 1) return;
      known.fresh = takeCalls(bucket, 1);
    }
    known.writtenAt.set(origin, now);
    this.#sql.exec(
      `INSERT INTO token_origins VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET last_at = excluded.last_at`,
      ...[tokenId, source, client, now, now],
    );
    if (writtenAt === undefined) this.#dropOldest(tokenId, known);
  }

  /** The one that was used last first. */
  of(tokenId: string): readonly TokenOrigin[] {
    return this.#rows(tokenId).map(({ source, client, first_at: firstAt, last_at: lastAt }) => ({
      ...(source !== '' && { source }),
      ...{ client, firstAt, lastAt },
    }));
  }

  forget(): void {
    this.#known.clear();
  }

  #know(tokenId: string): Known {
    const known = this.#known.get(tokenId);
    if (known !== undefined) return known;
    const writtenAt = this.#rows(tokenId).map(
      ({ source, client, last_at: at }) => [`${client} ${source}`, at] as const,
    );
    const read = { writtenAt: new Map(writtenAt), fresh: undefined };
    return remember(this.#known, [tokenId, read], MAX_REMEMBERED);
  }

  #dropOldest(tokenId: string, { writtenAt }: Known): void {
    for (const { source, client } of this.#rows(tokenId).slice(MAX_ORIGINS)) {
      writtenAt.delete(`${client} ${source}`);
      const which = 'token_id = ? AND source = ? AND client = ?';
      this.#sql.exec(`DELETE FROM token_origins WHERE ${which}`, tokenId, source, client);
    }
  }

  #rows(tokenId: string): OriginRow[] {
    const query = `SELECT source, client, first_at, last_at FROM token_origins
      WHERE token_id = ? ORDER BY last_at DESC, client, source`;
    return this.#sql.exec<OriginRow>(query, tokenId).toArray();
  }
}
