/**
 * Plugins that were stopped, deleted or quarantined, and since when: calls that were approved before
 * may still be on their way here, and must not run. A few bytes for each name, so they are kept.
 *
 * @module
 */

import type { Withdrawal } from '../../blocks/workspace/lane-api.ts';
import type { TicketClaims } from '../../core/executor-protocol/ticket.ts';

export class WithdrawnPlugins {
  readonly #sql: SqlStorage;
  /** A copy of what is stored: each call asks. */
  readonly #since: Map<string, number>;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(`CREATE TABLE IF NOT EXISTS withdrawn_plugins (
      plugin TEXT PRIMARY KEY, revision INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`);
    const rows = sql
      .exec<{ plugin: string; revision: number }>('SELECT plugin, revision FROM withdrawn_plugins')
      .toArray();
    this.#since = new Map(rows.map(({ plugin, revision }) => [plugin, revision]));
  }

  add({ plugin, revision }: Withdrawal): void {
    if (revision <= (this.#since.get(plugin) ?? 0)) return;
    this.#sql.exec('INSERT OR REPLACE INTO withdrawn_plugins VALUES (?, ?)', plugin, revision);
    this.#since.set(plugin, revision);
  }

  /** Whether the call was approved while its plugin served, and it does not any more. */
  covers({ plugin, revision }: Pick<TicketClaims, 'plugin' | 'revision'>): boolean {
    return revision < (this.#since.get(plugin) ?? 0);
  }
}
