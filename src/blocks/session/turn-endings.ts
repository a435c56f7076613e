/**
 * Turns that end with whoever had them run: with a schedule or channel that was removed, with a sender who
 * was denied.
 *
 * That they must is committed with the end of their giver, and is owed until their session has done it.
 *
 * @module
 */

import type { Principal } from '../../core/policy/principal.ts';
import type { SessionId } from '../../core/primitives/ids.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { atMost, inParallel } from '../kit/in-parallel.ts';
import type { TurnsOf } from './session-api.ts';
import { openSession } from './session-client.ts';

export interface TurnEnding {
  readonly sessionId: SessionId;
  /** Whose turns, `kind:id`: others may have some in the same session. */
  readonly of: string;
  /** Absent: all of his. */
  readonly only?: TurnsOf['only'];
  /** For the record. */
  readonly by: { readonly principal: Principal; readonly requestId: string };
}

/** Sessions that are told at the same time. */
const PARALLEL = 16;

/** Longest that they are waited for at once, in milliseconds: somebody waits, or other work of the owner does. */
const WAIT_MS = 5_000;

type Row = { readonly ending: string };

export class TurnEndings {
  readonly #sql: SqlStorage;
  /** What was tried and is owed still, longest ago first: those that do not answer keep nobody waiting. */
  readonly #tried = new Set<string>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS turn_endings (
      ending TEXT PRIMARY KEY
    ) STRICT, WITHOUT ROWID`);
  }

  /** Part of a transaction. */
  add(ending: TurnEnding): void {
    this.#sql.exec('INSERT OR REPLACE INTO turn_endings VALUES (?)', JSON.stringify(ending));
  }

  isEmpty(): boolean {
    return this.#sql.exec('SELECT 1 FROM turn_endings LIMIT 1').toArray().length === 0;
  }

  /** Never rejects, and waits no longer than so: what no session has done by then is owed still. */
  async settle(env: BlockBindings, waitMs = WAIT_MS): Promise<void> {
    const waiting = this.#owed();
    const end = (ending: string) => this.#end(env, ending).catch(() => {});
    await atMost(waitMs, inParallel(waiting, { parallel: PARALLEL, perform: end }));
    waiting.length = 0;
  }

  #owed(): string[] {
    const rows = this.#sql.exec<Row>('SELECT ending FROM turn_endings').toArray();
    const owed = new Set(rows.map(({ ending }) => ending));
    const again = [...this.#tried].filter((ending) => owed.delete(ending));
    return [...owed, ...again];
  }

  async #end(env: BlockBindings, text: string): Promise<void> {
    this.#tried.delete(text);
    this.#tried.add(text);
    const { sessionId, of, only, by }: TurnEnding = JSON.parse(text);
    const session = openSession(env, by.principal.workspace, sessionId);
    const meant = { principal: of, ...(only && { only }) };
    await session.cancelTurns(by.principal, by.requestId, meant);
    this.#sql.exec('DELETE FROM turn_endings WHERE ending = ?', text);
    this.#tried.delete(text);
  }
}
