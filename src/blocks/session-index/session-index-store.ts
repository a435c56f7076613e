/**
 * The rows of an index of sessions, how many there are of whom, and what policy it goes by.
 *
 * @module
 */

import { DEFAULT_SESSION_POLICY, type SessionPolicy } from '../../core/policy/session-policy.ts';
import type { ContentSeal } from '../kit/content-seal.ts';
import type { ListedSession, SessionQuery } from './session-index-api.ts';

/** A session that is to be asked how it stands. */
export interface DueSession {
  /** Of its row: one that is listed anew has another. */
  readonly seq: number;
  readonly id: string;
}

/** Instants in epoch milliseconds: what is older is due. */
export interface DueBefore {
  /** Of those that may never have been made. */
  readonly reservedAt: number;
  /** Of all; absent: they may stay. */
  readonly usedAt?: number;
}

/** `reserved`: it was asked for, and need not come to be. */
export interface Listing {
  readonly kind: 'reserved' | 'used';
  readonly at: number;
}

/**
 * `reserved_at` until it is known that the session was made; `used_at` is never later than its last use, but
 * for those in `unreached`, which have not answered so many times in a row.
 */
const TABLES = `
  CREATE TABLE IF NOT EXISTS sessions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL,
    is_asked INTEGER NOT NULL, created_at INTEGER NOT NULL, used_at INTEGER NOT NULL,
    reserved_at INTEGER, facts TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS sessions_of_owner ON sessions (owner);
  CREATE INDEX IF NOT EXISTS sessions_by_use ON sessions (used_at);
  CREATE INDEX IF NOT EXISTS reserved_sessions ON sessions (reserved_at)
    WHERE reserved_at IS NOT NULL;
  CREATE TABLE IF NOT EXISTS counts (
    owner TEXT PRIMARY KEY, count INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS unreached (seq INTEGER PRIMARY KEY, times INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS policy (
    only INTEGER PRIMARY KEY CHECK (only = 1), revision INTEGER NOT NULL, policy TEXT NOT NULL
  ) STRICT`;

/** In the place of an owner: all that were asked for. No principal has this name. */
const EVERYBODY = '*';

type SessionRow = { seq: number; id: string; owner: string; created_at: number; facts: string };
type PolicyRow = { revision: number; policy: string };

export class SessionIndexStore {
  readonly #sql: SqlStorage;
  readonly #sealing: ContentSeal;

  constructor(sql: SqlStorage, sealing: ContentSeal) {
    this.#sql = sql;
    this.#sealing = sealing;
  }

  createTables(): void {
    this.#sql.exec(TABLES);
  }

  policy(): SessionPolicy {
    const stored = this.#readPolicy();
    return stored === undefined ? DEFAULT_SESSION_POLICY : JSON.parse(stored.policy);
  }

  /** Whether it is news. */
  putPolicy(policy: SessionPolicy, revision: number): boolean {
    if ((this.#readPolicy()?.revision ?? 0) >= revision) return false;
    const text = JSON.stringify(policy);
    this.#sql.exec('INSERT OR REPLACE INTO policy VALUES (1, ?, ?)', revision, text);
    return true;
  }

  countOf(owner: string): number {
    return this.#count(owner);
  }

  /** Of those that were asked for. */
  countAll(): number {
    return this.#count(EVERYBODY);
  }

  has(id: string): boolean {
    return this.#sql.exec('SELECT 1 FROM sessions WHERE id = ?', id).toArray().length > 0;
  }

  /** In a row of its own, though it was listed before. */
  put(session: ListedSession, { kind, at }: Listing): void {
    this.remove(session.id);
    const { id, createdBy, createdAt, title, model } = session;
    const facts = { ...(title !== undefined && { title }), ...(model !== undefined && { model }) };
    const isAsked = Number(kind === 'reserved');
    this.#sql.exec(
      `INSERT INTO sessions (id, owner, is_asked, created_at, used_at, reserved_at, facts)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ...[id, createdBy, isAsked, createdAt, at, kind === 'reserved' ? at : null],
      this.#sealing.seal(rowOf(id), JSON.stringify(facts)),
    );
    this.#add(createdBy, isAsked, 1);
  }

  remove(id: string): void {
    this.#delete('id', id);
  }

  /** Unless it was listed anew since. */
  removeRow({ seq }: DueSession): void {
    this.#delete('seq', seq);
  }

  /** It is there, and was used then at the latest. */
  confirm({ seq }: DueSession, usedAt: number): void {
    this.#sql.exec('DELETE FROM unreached WHERE seq = ?', seq);
    this.#sql.exec(
      'UPDATE sessions SET reserved_at = NULL, used_at = max(used_at, ?) WHERE seq = ?',
      ...[usedAt, seq],
    );
  }

  /** It could not be asked; answers how many times in a row. */
  countUnreached({ seq }: DueSession): number {
    const [row] = this.#sql
      .exec<{ times: number }>(
        `INSERT INTO unreached SELECT seq, 1 FROM sessions WHERE seq = ?
         ON CONFLICT (seq) DO UPDATE SET times = times + 1 RETURNING times`,
        seq,
      )
      .toArray();
    return row?.times ?? 0;
  }

  /** It is to be asked later: as if it had been reserved, or used, at these instants. */
  putOff({ seq }: DueSession, { reservedAt, usedAt }: DueBefore): void {
    this.#sql.exec(
      `UPDATE sessions SET used_at = max(used_at, ?),
         reserved_at = CASE WHEN reserved_at IS NULL THEN NULL ELSE ? END WHERE seq = ?`,
      ...[usedAt ?? 0, reservedAt, seq],
    );
  }

  due({ reservedAt, usedAt }: DueBefore, limit: number): readonly DueSession[] {
    const reserved = this.#rows(
      'SELECT seq, id FROM sessions WHERE reserved_at <= ? ORDER BY reserved_at LIMIT ?',
      reservedAt,
      limit,
    );
    if (reserved.length > 0 || usedAt === undefined) return reserved;
    return this.#rows(
      'SELECT seq, id FROM sessions WHERE used_at <= ? ORDER BY used_at LIMIT ?',
      usedAt,
      limit,
    );
  }

  firstReservedAt(): number | undefined {
    return this.#least('SELECT min(reserved_at) AS at FROM sessions WHERE reserved_at IS NOT NULL');
  }

  firstUsedAt(): number | undefined {
    return this.#least('SELECT min(used_at) AS at FROM sessions');
  }

  /** With one more than `limit`, if there is one. */
  list({ createdBy, after, limit }: SessionQuery): readonly (ListedSession & { seq: number })[] {
    const terms = [
      ...(createdBy === undefined ? [] : [['owner = ?', createdBy] as const]),
      ...(after === undefined ? [] : [['seq < ?', after] as const]),
    ];
    const where = terms.map(([condition]) => condition).join(' AND ');
    return this.#sql
      .exec<SessionRow>(
        `SELECT seq, id, owner, created_at, facts FROM sessions
         ${where && `WHERE ${where}`} ORDER BY seq DESC LIMIT ?`,
        ...terms.map(([, value]) => value),
        limit + 1,
      )
      .toArray()
      .map((row) => this.#toListed(row));
  }

  #toListed({ seq, id, owner, created_at: createdAt, facts }: SessionRow) {
    const opened = JSON.parse(this.#sealing.openText(rowOf(id), facts));
    return { seq, id, createdAt, createdBy: owner, ...opened };
  }

  #rows(query: string, before: number, limit: number): readonly DueSession[] {
    return this.#sql.exec<{ seq: number; id: string }>(query, before, limit).toArray();
  }

  #least(query: string): number | undefined {
    return this.#sql.exec<{ at: number | null }>(query).one().at ?? undefined;
  }

  #delete(column: 'id' | 'seq', value: string | number): void {
    const [row] = this.#sql
      .exec<{ seq: number; owner: string; is_asked: number }>(
        `DELETE FROM sessions WHERE ${column} = ? RETURNING seq, owner, is_asked`,
        value,
      )
      .toArray();
    if (row === undefined) return;
    this.#sql.exec('DELETE FROM unreached WHERE seq = ?', row.seq);
    this.#add(row.owner, row.is_asked, -1);
  }

  #add(owner: string, isAsked: number, step: 1 | -1): void {
    for (const name of isAsked === 1 ? [owner, EVERYBODY] : [owner]) {
      this.#sql.exec(
        `INSERT INTO counts (owner, count) VALUES (?1, ?2)
         ON CONFLICT (owner) DO UPDATE SET count = count + ?2`,
        ...[name, step],
      );
      if (step < 0) this.#sql.exec('DELETE FROM counts WHERE owner = ? AND count <= 0', name);
    }
  }

  #count(owner: string): number {
    const query = 'SELECT count FROM counts WHERE owner = ?';
    return this.#sql.exec<{ count: number }>(query, owner).toArray()[0]?.count ?? 0;
  }

  #readPolicy(): PolicyRow | undefined {
    return this.#sql.exec<PolicyRow>('SELECT revision, policy FROM policy').toArray()[0];
  }
}

const rowOf = (id: string): string => `session/${id}`;
