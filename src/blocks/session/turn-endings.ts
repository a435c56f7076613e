/**
 * Turns that end with whoever had them run: with a schedule or channel that was removed, with a sender who
 * was denied.
 *
 * That they must is committed with the end of their giver, and is owed until their session has done it. One
 * that cannot be opened is asked more and more seldom: its key may come back, and with it the turn.
 *
 * @module
 */

import type { Principal } from '../../core/policy/principal.ts';
import type { SessionId } from '../../core/primitives/ids.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import { atMost, inParallel } from '../kit/in-parallel.ts';
import { RetryTimes } from '../kit/retry-times.ts';
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

export class TurnEndings {
  readonly #sql: SqlStorage;
  readonly #times: RetryTimes;

  constructor(sql: SqlStorage, now: () => number) {
    this.#sql = sql;
    this.#times = new RetryTimes(sql, { table: 'turn_endings', key: 'ending' }, now);
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS turn_endings (
      ending TEXT PRIMARY KEY
    ) STRICT, WITHOUT ROWID`);
    this.#times.createColumns();
  }

  /** Part of a transaction. */
  add(ending: TurnEnding): void {
    const text = JSON.stringify(ending);
    this.#sql.exec('INSERT OR REPLACE INTO turn_endings (ending) VALUES (?)', text);
  }

  /** When `settle` is to be called again; nothing if nothing is owed. */
  nextAt(): number | undefined {
    return this.#times.nextAt();
  }

  /**
   * Tells the sessions whose time has come. Never rejects, and waits no longer than so: what none has done
   * by then is owed still.
   */
  async settle(env: BlockBindings, waitMs = WAIT_MS): Promise<void> {
    const waiting = this.#times.due();
    const end = (ending: string) => this.#end(env, ending).catch(() => {});
    await atMost(waitMs, inParallel(waiting, { parallel: PARALLEL, perform: end }));
    waiting.length = 0;
  }

  async #end(env: BlockBindings, text: string): Promise<void> {
    if (!this.#times.claim(text)) return;
    const { sessionId, of, only, by }: TurnEnding = JSON.parse(text);
    const session = openSession(env, by.principal.workspace, sessionId);
    const meant = { principal: of, ...(only && { only }) };
    await session.cancelTurns(by.principal, by.requestId, meant);
    this.#sql.exec('DELETE FROM turn_endings WHERE ending = ?', text);
  }
}
