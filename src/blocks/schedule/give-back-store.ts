/**
 * What runs had taken and are not going to use: until its block has said that it has it back.
 *
 * @module
 */

import { RetryTimes } from '../kit/retry-times.ts';

export interface GiveBack {
  readonly block: string;
  /** See `ReceiveQuery`. */
  readonly take: string;
}

export class GiveBackStore {
  readonly #sql: SqlStorage;
  readonly #times: RetryTimes;

  constructor(sql: SqlStorage, now: () => number) {
    this.#sql = sql;
    this.#times = new RetryTimes(sql, { table: 'give_backs', key: 'take' }, now);
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS give_backs (
      take TEXT PRIMARY KEY, block TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`);
    this.#times.createColumns();
  }

  add({ take, block }: GiveBack): void {
    this.#sql.exec('INSERT OR REPLACE INTO give_backs (take, block) VALUES (?, ?)', take, block);
  }

  /** When to look again; nothing if nothing is owed. */
  nextAt(): number | undefined {
    return this.#times.nextAt();
  }

  /** Those whose time has come; who is given one tries it now. */
  claimDue(): readonly GiveBack[] {
    const claimed = this.#times.due().filter((take) => this.#times.claim(take));
    return claimed.flatMap((take) =>
      this.#sql
        .exec<{ take: string; block: string }>(
          'SELECT take, block FROM give_backs WHERE take = ?',
          take,
        )
        .toArray(),
    );
  }

  done({ take }: GiveBack): void {
    this.#sql.exec('DELETE FROM give_backs WHERE take = ?', take);
  }
}
