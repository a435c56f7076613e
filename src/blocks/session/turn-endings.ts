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
import { openSession } from './session-client.ts';

export interface TurnEnding {
  readonly sessionId: SessionId;
  /** Whose turns, `kind:id`: others may have some in the same session. */
  readonly of: string;
  /** For the record. */
  readonly by: { readonly principal: Principal; readonly requestId: string };
}

type Row = { readonly ending: string };

export class TurnEndings {
  readonly #sql: SqlStorage;

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

  /** Never rejects: what a session has not done is owed still. */
  async settle(env: BlockBindings): Promise<void> {
    const owed = this.#sql.exec<Row>('SELECT ending FROM turn_endings').toArray();
    await Promise.allSettled(owed.map(({ ending }) => this.#end(env, ending)));
  }

  async #end(env: BlockBindings, text: string): Promise<void> {
    const { sessionId, of, by }: TurnEnding = JSON.parse(text);
    const session = openSession(env, by.principal.workspace, sessionId);
    await session.cancelTurns(by.principal, by.requestId, of);
    this.#sql.exec('DELETE FROM turn_endings WHERE ending = ?', text);
  }
}
