/**
 * The plugins of a workspace: of each name the current version, and older ones that still serve
 * turns which began with them. Their code is in `code-store.ts`.
 *
 * @module
 */

import type { PluginState } from '../../core/manifest/plugin-state.ts';
import type { RegisteredPlugin } from '../../core/manifest/registered-plugin.ts';
import type { JsonObject } from '../../core/primitives/json.ts';

export interface StoredPlugin {
  /** With its present state. */
  readonly plugin: RegisteredPlugin;
  readonly manifest: JsonObject;
  readonly installedAt: number;
  /** `kind:id`. */
  readonly installedBy: string;
}

/** An older version, and the revision from which on no turn begins with it. */
export interface DrainingPlugin {
  readonly name: string;
  readonly version: string;
  readonly codeHash: string;
  readonly sinceRevision: number;
}

type PluginRow = {
  plugin: string;
  state: PluginState;
  manifest: string;
  installed_at: number;
  installed_by: string;
};

const COLUMNS = 'plugin, state, manifest, installed_at, installed_by';

export class PluginStore {
  readonly #sql: SqlStorage;
  /** A copy of what is stored: each settled turn asks for it. */
  #draining: readonly DrainingPlugin[] | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTables(): void {
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS plugins (
        name TEXT PRIMARY KEY, code_hash TEXT NOT NULL, state TEXT NOT NULL,
        plugin TEXT NOT NULL, manifest TEXT NOT NULL,
        installed_at INTEGER NOT NULL, installed_by TEXT NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS draining_plugins (
        name TEXT NOT NULL, version TEXT NOT NULL, code_hash TEXT NOT NULL,
        since_revision INTEGER NOT NULL, PRIMARY KEY (name, version, code_hash)
      ) STRICT, WITHOUT ROWID;
    `);
  }

  /** Makes this the current version of its name. */
  put({ plugin, manifest, installedAt, installedBy }: StoredPlugin): void {
    this.#sql.exec(
      `INSERT OR REPLACE INTO plugins
         (name, code_hash, state, plugin, manifest, installed_at, installed_by)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      plugin.name,
      plugin.codeHash,
      plugin.state,
      JSON.stringify(plugin),
      JSON.stringify(manifest),
      installedAt,
      installedBy,
    );
  }

  find(name: string): StoredPlugin | undefined {
    return this.#select('WHERE name = ?', name)[0];
  }

  all(): StoredPlugin[] {
    return this.#select('ORDER BY name');
  }

  setState(name: string, state: PluginState): void {
    this.#sql.exec('UPDATE plugins SET state = ? WHERE name = ?', state, name);
  }

  delete(name: string): void {
    this.#sql.exec('DELETE FROM plugins WHERE name = ?', name);
  }

  /** Whoever rolls a transaction back must call this. */
  forget(): void {
    this.#draining = undefined;
  }

  drain({ name, version, codeHash, sinceRevision }: DrainingPlugin): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO draining_plugins VALUES (?, ?, ?, ?)',
      name,
      version,
      codeHash,
      sinceRevision,
    );
    this.forget();
  }

  draining(): readonly DrainingPlugin[] {
    this.#draining ??= this.#readDraining();
    return this.#draining;
  }

  /** Forgets older versions that no turn can use any more. */
  forgetDrained(oldestRevision: number): void {
    this.#sql.exec('DELETE FROM draining_plugins WHERE since_revision <= ?', oldestRevision);
    this.forget();
  }

  forgetDraining(name: string): void {
    this.#sql.exec('DELETE FROM draining_plugins WHERE name = ?', name);
    this.forget();
  }

  /** Whether any version, current or draining, runs this code. */
  usesCode(codeHash: string): boolean {
    const query = `SELECT 1 FROM plugins WHERE code_hash = ?1
      UNION ALL SELECT 1 FROM draining_plugins WHERE code_hash = ?1 LIMIT 1`;
    return this.#sql.exec(query, codeHash).toArray().length > 0;
  }

  #readDraining(): DrainingPlugin[] {
    return this.#sql
      .exec<{ name: string; version: string; code_hash: string; since_revision: number }>(
        'SELECT name, version, code_hash, since_revision FROM draining_plugins',
      )
      .toArray()
      .map((row) => ({
        name: row.name,
        version: row.version,
        codeHash: row.code_hash,
        sinceRevision: row.since_revision,
      }));
  }

  #select(condition: string, ...bindings: string[]): StoredPlugin[] {
    return this.#sql
      .exec<PluginRow>(`SELECT ${COLUMNS} FROM plugins ${condition}`, ...bindings)
      .toArray()
      .map((row) => ({
        plugin: { ...JSON.parse(row.plugin), state: row.state },
        manifest: JSON.parse(row.manifest),
        installedAt: row.installed_at,
        installedBy: row.installed_by,
      }));
  }
}
