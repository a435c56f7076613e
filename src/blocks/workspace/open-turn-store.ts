/**
 * Turns that hold a slice: one row from admission until the slice is settled.
 *
 * A turn that is not settled in time is *lost*: it counts as over for everything but its
 * reservation, which stays spent unless the session settles it after all. A turn is *provisional* until
 * its session has said that it will: see `sweep-turns.ts`.
 *
 * Memory holds a copy of those that are live. Whoever rolls a transaction back calls {@link OpenTurnStore.forget}.
 *
 * @module
 */

import type { Reservation } from '../../core/policy/reserves.ts';
import type { Slice } from '../../core/policy/slice.ts';
import { addColumns } from '../kit/tables.ts';

export interface OpenTurnRow {
  readonly turnId: string;
  readonly sessionId: string;
  /** `kind:id`, whose bucket it drew on. */
  readonly principal: string;
  /** Of the authority that it began with. */
  readonly revision: number;
  readonly slice: Slice;
  readonly reservation: Reservation;
  /** Epoch milliseconds after which it is lost. */
  readonly lostAt: number;
}

/** A turn that its session may never have written. */
export type ProvisionalTurn = Pick<OpenTurnRow, 'turnId' | 'sessionId'>;

type StoredTurn = {
  turn_id: string;
  session_id: string;
  principal: string;
  revision: number;
  slice: string;
  reservation: string;
  lost_at: number;
  lost: number;
};

const COLUMNS = 'turn_id, session_id, principal, revision, slice, reservation, lost_at, lost';

export class OpenTurnStore {
  readonly #sql: SqlStorage;
  /** Every row by its turn, but no more than that it is there for those that are lost. */
  #rows: Map<string, OpenTurnRow | 'lost'> | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS open_turns (
      turn_id TEXT PRIMARY KEY, session_id TEXT NOT NULL, principal TEXT NOT NULL,
      revision INTEGER NOT NULL, slice TEXT NOT NULL, reservation TEXT NOT NULL,
      lost_at INTEGER NOT NULL, lost INTEGER NOT NULL DEFAULT 0,
      provisional INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID`);
    // Of turns of before there were provisional ones nobody is asked.
    addColumns(this.#sql, 'open_turns', { provisional: 'INTEGER NOT NULL DEFAULT 0' });
  }

  insert(turn: OpenTurnRow, standing: 'provisional' | 'confirmed'): void {
    const rows = this.#read();
    this.#sql.exec(
      `INSERT INTO open_turns
         (turn_id, session_id, principal, revision, slice, reservation, lost_at, provisional)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      turn.turnId,
      turn.sessionId,
      turn.principal,
      turn.revision,
      JSON.stringify(turn.slice),
      JSON.stringify(turn.reservation),
      turn.lostAt,
      standing === 'provisional' ? 1 : 0,
    );
    rows.set(turn.turnId, turn);
  }

  find(turnId: string): OpenTurnRow | undefined {
    const known = this.#read().get(turnId);
    return known === 'lost' ? this.#select('WHERE turn_id = ?', turnId).map(toRow)[0] : known;
  }

  setReservation(turn: OpenTurnRow, reservation: Reservation): void {
    const rows = this.#read();
    this.#sql.exec(
      'UPDATE open_turns SET reservation = ? WHERE turn_id = ?',
      JSON.stringify(reservation),
      turn.turnId,
    );
    if (rows.get(turn.turnId) !== 'lost') rows.set(turn.turnId, { ...turn, reservation });
  }

  /** It counts as live again, and until then. */
  prolong(turn: OpenTurnRow, lostAt: number): void {
    const rows = this.#read();
    this.#sql.exec(
      'UPDATE open_turns SET lost = 0, lost_at = ? WHERE turn_id = ?',
      lostAt,
      turn.turnId,
    );
    rows.set(turn.turnId, { ...turn, lostAt });
  }

  delete(turnId: string): void {
    if (!this.#read().delete(turnId)) return;
    this.#sql.exec('DELETE FROM open_turns WHERE turn_id = ?', turnId);
  }

  /** Any of them, lost or not: so those whose sessions cannot be asked keep no other from its turn. */
  provisional(limit: number): ProvisionalTurn[] {
    return this.#sql
      .exec<Pick<StoredTurn, 'turn_id' | 'session_id'>>(
        `SELECT turn_id, session_id FROM open_turns WHERE provisional = 1
         ORDER BY random() LIMIT ?`,
        limit,
      )
      .toArray()
      .map(({ turn_id: turnId, session_id: sessionId }) => ({ turnId, sessionId }));
  }

  /** Their sessions will settle them. */
  confirm(turnIds: readonly string[]): void {
    this.#sql.exec(
      `UPDATE open_turns SET provisional = 0
       WHERE turn_id IN (SELECT value FROM json_each(?))`,
      JSON.stringify(turnIds),
    );
  }

  /** Sessions with a turn that is not over. */
  liveSessions(): string[] {
    return [...new Set(this.#live().map(({ sessionId }) => sessionId))];
  }

  /** The oldest revision that a live turn began with; `undefined` if there is no live turn. */
  oldestRevision(): number | undefined {
    const revisions = this.#live().map(({ revision }) => revision);
    return revisions.length === 0 ? undefined : Math.min(...revisions);
  }

  /** Gives up turns whose time is over, and forgets those given up before `forgetBefore`. */
  sweep(now: number, forgetBefore: number): void {
    this.#sql.exec('UPDATE open_turns SET lost = 1 WHERE lost = 0 AND lost_at <= ?', now);
    this.#sql.exec('DELETE FROM open_turns WHERE lost = 1 AND lost_at <= ?', forgetBefore);
    this.forget();
  }

  isEmpty(): boolean {
    return this.#read().size === 0;
  }

  forget(): void {
    this.#rows = undefined;
  }

  #live(): OpenTurnRow[] {
    return [...this.#read().values()].filter((row) => row !== 'lost');
  }

  #read(): Map<string, OpenTurnRow | 'lost'> {
    this.#rows ??= new Map(
      this.#select('').map((row) => [row.turn_id, row.lost === 1 ? 'lost' : toRow(row)]),
    );
    return this.#rows;
  }

  #select(where: string, ...values: string[]): StoredTurn[] {
    return this.#sql
      .exec<StoredTurn>(`SELECT ${COLUMNS} FROM open_turns ${where}`, ...values)
      .toArray();
  }
}

function toRow(row: StoredTurn): OpenTurnRow {
  return {
    turnId: row.turn_id,
    sessionId: row.session_id,
    principal: row.principal,
    revision: row.revision,
    slice: JSON.parse(row.slice),
    reservation: JSON.parse(row.reservation),
    lostAt: row.lost_at,
  };
}
