/**
 * Kill switches that are thrown. A copy is kept in memory: every decision asks for them.
 *
 * @module
 */

import { type KillSwitch, toSwitchKey } from '../../core/policy/kill-switch.ts';
import type { ThrownSwitch } from './governance-api.ts';

type SwitchRow = { kill_switch: string; at: number; by: string; reason: string | null };

export class SwitchStore {
  readonly #sql: SqlStorage;
  #thrown: readonly ThrownSwitch[] | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS kill_switches (
      key TEXT PRIMARY KEY, kill_switch TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL,
      reason TEXT
    ) STRICT, WITHOUT ROWID`);
  }

  all(): readonly ThrownSwitch[] {
    this.#thrown ??= this.#sql
      .exec<SwitchRow>('SELECT kill_switch, at, by, reason FROM kill_switches ORDER BY at, key')
      .toArray()
      .map(({ kill_switch, at, by, reason }) => ({
        killSwitch: JSON.parse(kill_switch),
        at,
        by,
        ...(reason !== null && { reason }),
      }));
    return this.#thrown;
  }

  /** One that is thrown already keeps its instant and its reason. */
  put({ killSwitch, at, by, reason }: ThrownSwitch): void {
    const values = [toSwitchKey(killSwitch), JSON.stringify(killSwitch), at, by, reason ?? null];
    this.#sql.exec('INSERT OR IGNORE INTO kill_switches VALUES (?, ?, ?, ?, ?)', ...values);
    this.#thrown = undefined;
  }

  /** Whether it was thrown. */
  delete(killSwitch: KillSwitch): boolean {
    const key = toSwitchKey(killSwitch);
    const { rowsWritten } = this.#sql.exec('DELETE FROM kill_switches WHERE key = ?', key);
    this.#thrown = undefined;
    return rowsWritten > 0;
  }

  /** Whoever rolls a transaction back must call this. */
  forget(): void {
    this.#thrown = undefined;
  }
}
