/**
 * Turns that hold a slice: one row from admission until the slice is settled.
 *
 * A turn that is not settled in time is *lost*: it counts as over for everything but its
 * reservation, which stays spent unless the session settles it after all.
 *
 * @module
 */

import type { Reservation } from '../../core/policy/reserves.ts';
import type { Slice } from '../../core/policy/slice.ts';

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

type StoredTurn = {
  turn_id: string;
  session_id: string;
  principal: string;
  revision: number;
  slice: string;
  reservation: string;
  lost_at: number;
};

export class OpenTurnStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS open_turns (
      turn_id TEXT PRIMARY KEY, session_id TEXT NOT NULL, principal TEXT NOT NULL,
      revision INTEGER NOT NULL, slice TEXT NOT NULL, reservation TEXT NOT NULL,
      lost_at INTEGER NOT NULL, lost INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID`);
  }

  insert(turn: OpenTurnRow): void {
    this.#sql.exec(
      `INSERT INTO open_turns
         (turn_id, session_id, principal, revision, slice, reservation, lost_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      turn.turnId,
      turn.sessionId,
      turn.principal,
      turn.revision,
      JSON.stringify(turn.slice),
      JSON.stringify(turn.reservation),
      turn.lostAt,
    );
  }

  find(turnId: string): OpenTurnRow | undefined {
    const [row] = this.#sql
      .exec<StoredTurn>(
        `SELECT turn_id, session_id, principal, revision, slice, reservation, lost_at
         FROM open_turns WHERE turn_id = ?`,
        turnId,
      )
      .toArray();
    return (
      row && {
        turnId: row.turn_id,
        sessionId: row.session_id,
        principal: row.principal,
        revision: row.revision,
        slice: JSON.parse(row.slice),
        reservation: JSON.parse(row.reservation),
        lostAt: row.lost_at,
      }
    );
  }

  setReservation(turnId: string, reservation: Reservation): void {
    this.#sql.exec(
      'UPDATE open_turns SET reservation = ? WHERE turn_id = ?',
      JSON.stringify(reservation),
      turnId,
    );
  }

  delete(turnId: string): void {
    this.#sql.exec('DELETE FROM open_turns WHERE turn_id = ?', turnId);
  }

  /** Sessions with a turn that is not over. */
  liveSessions(): string[] {
    return this.#sql
      .exec<{ session_id: string }>('SELECT DISTINCT session_id FROM open_turns WHERE lost = 0')
      .toArray()
      .map((row) => row.session_id);
  }

  /** The oldest revision that a live turn began with; `undefined` if there is no live turn. */
  oldestRevision(): number | undefined {
    const { revision } = this.#sql
      .exec<{ revision: number | null }>(
        'SELECT min(revision) AS revision FROM open_turns WHERE lost = 0',
      )
      .one();
    return revision ?? undefined;
  }

  /** Gives up turns whose time is over, and forgets those given up before `forgetBefore`. */
  sweep(now: number, forgetBefore: number): void {
    this.#sql.exec('UPDATE open_turns SET lost = 1 WHERE lost = 0 AND lost_at <= ?', now);
    this.#sql.exec('DELETE FROM open_turns WHERE lost = 1 AND lost_at <= ?', forgetBefore);
  }

  isEmpty(): boolean {
    return this.#sql.exec('SELECT 1 FROM open_turns LIMIT 1').toArray().length === 0;
  }
}
