/**
 * Tokens of a workspace: by id, and by the hash of a text that is stored nowhere.
 *
 * An id is never given twice, so one that stands on the record always means the same token. What has
 * ended stays to be looked at, until there is no room for a new one.
 *
 * @module
 */

import { ROOT_TOKEN_ID, type TokenFacts } from '../../core/policy/token-facts.ts';

/** Tokens of a workspace, those that have ended among them; those of who signs in do not count. */
const MAX_TOKENS = 10_000;

export interface StoredToken extends TokenFacts {
  readonly name?: string;
  readonly createdAt: number;
  readonly lastUsedAt?: number;
}

type TokenRow = {
  id: string;
  kind: 'user' | 'service';
  subject_id: string;
  patterns: string;
  giver: string;
  giver_name: string;
  name: string | null;
  created_at: number;
  expires_at: number | null;
  revoked_at: number | null;
  last_used_at: number | null;
};

const COLUMNS = `id, kind, subject_id, patterns, giver, giver_name, name, created_at, expires_at,
  revoked_at, last_used_at`;

/** See `issuer-giver.ts`. */
const SIGNED_IN = "giver LIKE 'issuer:%'";

export class TokenStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS tokens (
        id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE,
        kind TEXT NOT NULL, subject_id TEXT NOT NULL, patterns TEXT NOT NULL,
        giver TEXT NOT NULL, giver_name TEXT NOT NULL, name TEXT, created_at INTEGER NOT NULL,
        expires_at INTEGER, revoked_at INTEGER, last_used_at INTEGER
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS tokens_by_subject ON tokens (kind, subject_id);
      CREATE INDEX IF NOT EXISTS tokens_by_giver ON tokens (giver);
    `);
  }

  /** Part of a transaction. Whether one more may be there, for which those that have ended may have to go. */
  makeRoom(now: number): boolean {
    if (this.#countIssued() < MAX_TOKENS) return true;
    // One whose giver has ended has ended with it. The row of who signed in must stay: it says since when.
    this.#sql.exec(
      `WITH RECURSIVE living (id) AS (
         SELECT ? UNION SELECT id FROM tokens WHERE ${SIGNED_IN} AND revoked_at IS NULL
         UNION SELECT tokens.id FROM tokens JOIN living ON tokens.giver = living.id
           WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)
       ) DELETE FROM tokens WHERE NOT (${SIGNED_IN}) AND id NOT IN (SELECT id FROM living)`,
      ...[ROOT_TOKEN_ID, now],
    );
    return this.#countIssued() < MAX_TOKENS;
  }

  #countIssued(): number {
    const query = `SELECT count(*) AS count FROM tokens WHERE NOT (${SIGNED_IN})`;
    return this.#sql.exec<{ count: number }>(query).one().count;
  }

  /** @throws if the id or the hash is there already. */
  insert(token: StoredToken, hash: string): void {
    this.#sql.exec(
      `INSERT INTO tokens (id, hash, kind, subject_id, patterns, giver, giver_name, name,
         created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      token.id,
      hash,
      token.subject.kind,
      token.subject.id,
      JSON.stringify(token.patterns),
      token.giver,
      token.giverName,
      token.name ?? null,
      token.createdAt,
      token.expiresAt ?? null,
    );
  }

  /** For a principal that has shown another token of its issuer. */
  renew(
    id: string,
    { giver, expiresAt }: Pick<StoredToken, 'giver'> & { expiresAt: number },
  ): void {
    this.#sql.exec(
      'UPDATE tokens SET giver = ?, expires_at = ? WHERE id = ?',
      giver,
      expiresAt,
      id,
    );
  }

  /** Answers the hash before. */
  replaceHash(id: string, hash: string): string {
    const { hash: before } = this.#sql
      .exec<{ hash: string }>('SELECT hash FROM tokens WHERE id = ?', id)
      .one();
    this.#sql.exec('UPDATE tokens SET hash = ? WHERE id = ?', hash, id);
    return before;
  }

  byId(id: string): StoredToken | undefined {
    return this.#select('WHERE id = ?', id)[0];
  }

  byHash(hash: string): StoredToken | undefined {
    return this.#select('WHERE hash = ?', hash)[0];
  }

  ofSubject(kind: string, id: string): StoredToken[] {
    return this.#select('WHERE kind = ? AND subject_id = ? ORDER BY created_at, id', kind, id);
  }

  all(): StoredToken[] {
    return this.#select('ORDER BY created_at, id');
  }

  /** Whether the token was not revoked before. */
  revoke(id: string, now: number): boolean {
    const { rowsWritten } = this.#sql.exec(
      'UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL',
      now,
      id,
    );
    return rowsWritten > 0;
  }

  touch(id: string, now: number): void {
    this.#sql.exec('UPDATE tokens SET last_used_at = ? WHERE id = ?', now, id);
  }

  #select(condition: string, ...bindings: string[]): StoredToken[] {
    return this.#sql
      .exec<TokenRow>(`SELECT ${COLUMNS} FROM tokens ${condition}`, ...bindings)
      .toArray()
      .map(toToken);
  }
}

function toToken(row: TokenRow): StoredToken {
  return {
    id: row.id,
    subject: { kind: row.kind, id: row.subject_id },
    patterns: JSON.parse(row.patterns),
    giver: row.giver,
    giverName: row.giver_name,
    createdAt: row.created_at,
    ...(row.name !== null && { name: row.name }),
    ...(row.expires_at !== null && { expiresAt: row.expires_at }),
    ...(row.revoked_at !== null && { revokedAt: row.revoked_at }),
    ...(row.last_used_at !== null && { lastUsedAt: row.last_used_at }),
  };
}
