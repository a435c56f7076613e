/**
 * Code that may not run in this workspace, under whatever name, and names under which nothing may.
 * Stays when the plugin is deleted: nothing but a release takes it away.
 *
 * @module
 */

export interface Quarantined {
  readonly codeHash: string;
  /** The plugin under whose name it was found. */
  readonly plugin: string;
  readonly version: string;
  /** What the operator said of it. */
  readonly reason?: string;
  readonly at: number;
  /** `kind:id`. */
  readonly by: string;
}

type QuarantineRow = {
  code_hash: string;
  plugin: string;
  version: string;
  reason: string | null;
  at: number;
  by: string;
};

export class QuarantineStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS quarantined_code (
      code_hash TEXT NOT NULL, plugin TEXT NOT NULL, version TEXT NOT NULL, reason TEXT,
      at INTEGER NOT NULL, by TEXT NOT NULL, PRIMARY KEY (code_hash, plugin)
    ) STRICT, WITHOUT ROWID`);
  }

  add({ codeHash, plugin, version, reason, at, by }: Quarantined): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO quarantined_code VALUES (?, ?, ?, ?, ?, ?)',
      codeHash,
      plugin,
      version,
      reason ?? null,
      at,
      by,
    );
  }

  ofPlugin(name: string): Quarantined[] {
    return this.#select('WHERE plugin = ?', name);
  }

  all(): Quarantined[] {
    return this.#select('');
  }

  /** Whether neither this name nor this code may run. */
  forbids(name: string, codeHash: string): boolean {
    return this.#select('WHERE plugin = ? OR code_hash = ?', name, codeHash).length > 0;
  }

  /** Takes away what stands under this name, and the same code under other names. */
  release(name: string): Quarantined[] {
    const condition = `WHERE plugin = ?1
      OR code_hash IN (SELECT code_hash FROM quarantined_code WHERE plugin = ?1)`;
    const released = this.#select(condition, name);
    for (const { codeHash, plugin } of released) {
      this.#sql.exec(
        'DELETE FROM quarantined_code WHERE code_hash = ? AND plugin = ?',
        codeHash,
        plugin,
      );
    }
    return released;
  }

  #select(condition: string, ...bindings: string[]): Quarantined[] {
    return this.#sql
      .exec<QuarantineRow>(
        `SELECT code_hash, plugin, version, reason, at, by FROM quarantined_code ${condition}
         ORDER BY at, plugin, code_hash`,
        ...bindings,
      )
      .toArray()
      .map(({ code_hash: codeHash, reason, ...row }) => ({
        ...{ ...row, codeHash },
        ...(reason !== null && { reason }),
      }));
  }
}
