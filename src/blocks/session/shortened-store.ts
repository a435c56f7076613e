/**
 * What stands for the turns of a session that its models are not shown any more, and up to which turn.
 *
 * One row, kept in memory. The turns themselves stay where they are.
 *
 * @module
 */

import type { Shortened } from '../../core/conversation/shorten-turns.ts';
import type { ShownWindow } from '../../core/policy/window-policy.ts';
import type { ChunkedValues } from '../kit/chunked-values.ts';
import type { Tables } from '../kit/tables.ts';

const TABLE = 'shortened';
const KEY = 'shortened';
const COLUMNS = `(id INTEGER PRIMARY KEY CHECK (id = 1), through_turn INTEGER NOT NULL, body TEXT) STRICT`;

export interface ShortenedTurns extends Shortened {
  /** Ordinal of the last of them. */
  readonly through: number;
  /** Epoch milliseconds; absent in what was written before this was kept. */
  readonly at?: number;
}

export class ShortenedStore {
  readonly #sql: SqlStorage;
  readonly #values: ChunkedValues;
  readonly #tables: Tables;
  #known: ShortenedTurns | 'none' | undefined;

  constructor(sql: SqlStorage, values: ChunkedValues, tables: Tables) {
    this.#sql = sql;
    this.#values = values;
    this.#tables = tables;
  }

  read(): ShortenedTurns | undefined {
    this.#known ??= this.#read() ?? 'none';
    return this.#known === 'none' ? undefined : this.#known;
  }

  /** Part of a transaction. */
  write({ through, ...rest }: ShortenedTurns): void {
    this.#tables.make(TABLE, COLUMNS);
    this.#values.delete(KEY);
    const body = this.#values.spill(KEY, JSON.stringify(rest));
    this.#sql.exec(
      'INSERT OR REPLACE INTO shortened (id, through_turn, body) VALUES (1, ?, ?)',
      ...[through, body],
    );
    this.#known = undefined;
  }

  /** After a transaction was rolled back, or storage was wiped. */
  forget(): void {
    this.#known = undefined;
  }

  #read(): ShortenedTurns | undefined {
    if (!this.#tables.has(TABLE)) return undefined;
    const [row] = this.#sql
      .exec<{ through_turn: number; body: string | null }>(
        'SELECT through_turn, body FROM shortened',
      )
      .toArray();
    if (row === undefined) return undefined;
    const rest: Omit<ShortenedTurns, 'through'> = JSON.parse(this.#values.unspill(KEY, row.body));
    return { through: row.through_turn, ...rest };
  }
}

/** By the policy of the newest turn; the usual one until there was any in this instance. */
export interface KnownWindow {
  value: ShownWindow;
}
