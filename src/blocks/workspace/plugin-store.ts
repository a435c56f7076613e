/**
 * The versions of a workspace's plugins: of each name the current one, older ones that still serve
 * the turns which began with them, and at most one *candidate*, which is starting or could not.
 * Their code is in `code-store.ts`.
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
  readonly problem?: PluginProblem;
}

/** Why a version does not serve. */
export interface PluginProblem {
  /** A code or a reason of ours. */
  readonly reason: string;
  /** A sentence for the author, who may find his own names in it. Never on the record. */
  readonly detail?: string;
}

/** Plugins of a workspace, by name; each may be as large as an upload, and is kept hardened as well. */
const MAX_PLUGINS = 256;

type Role = 'current' | 'draining' | 'candidate';

type VersionRow = {
  plugin: string;
  state: PluginState;
  manifest: string;
  installed_at: number;
  installed_by: string;
  until_revision: number | null;
  reason: string | null;
  detail: string | null;
};

const COLUMNS =
  'plugin, state, manifest, installed_at, installed_by, until_revision, reason, detail';

export class PluginStore {
  readonly #sql: SqlStorage;
  /** A copy of what is stored: each settled turn asks for it. */
  #draining: readonly StoredPlugin[] | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTables(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS plugin_versions (
      name TEXT NOT NULL, role TEXT NOT NULL, version TEXT NOT NULL, code_hash TEXT NOT NULL,
      state TEXT NOT NULL, plugin TEXT NOT NULL, manifest TEXT NOT NULL,
      installed_at INTEGER NOT NULL, installed_by TEXT NOT NULL,
      until_revision INTEGER, reason TEXT, detail TEXT,
      PRIMARY KEY (name, role, version, code_hash)
    ) STRICT, WITHOUT ROWID`);
    this.#takeOverOlderTable();
  }

  /** Makes this the current version of its name. */
  put(stored: StoredPlugin): void {
    this.#replace('current', stored);
  }

  find(name: string): StoredPlugin | undefined {
    return this.#select("WHERE role = 'current' AND name = ?", name)[0];
  }

  all(): StoredPlugin[] {
    return this.#select("WHERE role = 'current' ORDER BY name");
  }

  /** Part of a transaction. Whether one of this name may be there, for which what never served may have to go. */
  makeRoom(name: string): boolean {
    const isFull = () =>
      this.#sql
        .exec<{ count: number }>(
          'SELECT count(DISTINCT name) AS count FROM plugin_versions WHERE name <> ?',
          name,
        )
        .one().count >= MAX_PLUGINS;
    if (!isFull()) return true;
    this.#sql.exec(
      `DELETE FROM plugin_versions WHERE role = 'candidate' AND state = 'failed'
       AND name NOT IN (SELECT name FROM plugin_versions WHERE role <> 'candidate')`,
    );
    return !isFull();
  }

  putCandidate(stored: StoredPlugin): void {
    this.#replace('candidate', stored);
  }

  candidate(name: string): StoredPlugin | undefined {
    return this.#select("WHERE role = 'candidate' AND name = ?", name)[0];
  }

  candidates(): StoredPlugin[] {
    return this.#select("WHERE role = 'candidate' ORDER BY name");
  }

  dropCandidate(name: string): void {
    this.#sql.exec("DELETE FROM plugin_versions WHERE role = 'candidate' AND name = ?", name);
  }

  /** Moves the current or starting version of a name to another state. */
  setState(role: 'current' | 'candidate', name: string, state: PluginState, why?: PluginProblem) {
    this.#sql.exec(
      'UPDATE plugin_versions SET state = ?, reason = ?, detail = ? WHERE role = ? AND name = ?',
      state,
      why?.reason ?? null,
      why?.detail ?? null,
      role,
      name,
    );
  }

  /** The current version becomes one that serves only turns which began before `untilRevision`. */
  drain(name: string, untilRevision: number): void {
    this.#sql.exec(
      `UPDATE OR REPLACE plugin_versions
       SET role = 'draining', state = 'draining', until_revision = ?
       WHERE role = 'current' AND name = ?`,
      untilRevision,
      name,
    );
    this.forget();
  }

  /** The oldest first. */
  draining(): readonly StoredPlugin[] {
    this.#draining ??= this.#select("WHERE role = 'draining' ORDER BY until_revision");
    return this.#draining;
  }

  dropDraining(name: string, { version, codeHash }: RegisteredPlugin): void {
    this.#sql.exec(
      `DELETE FROM plugin_versions
       WHERE role = 'draining' AND name = ? AND version = ? AND code_hash = ?`,
      name,
      version,
      codeHash,
    );
    this.forget();
  }

  delete(name: string): void {
    this.#sql.exec('DELETE FROM plugin_versions WHERE name = ?', name);
    this.forget();
  }

  /** Whoever rolls a transaction back must call this. */
  forget(): void {
    this.#draining = undefined;
  }

  /** Whether any version runs this code, or may run it again. */
  usesCode(codeHash: string): boolean {
    const query = `SELECT 1 FROM plugin_versions
      WHERE code_hash = ? AND NOT (role = 'candidate' AND state = 'failed') LIMIT 1`;
    return this.#sql.exec(query, codeHash).toArray().length > 0;
  }

  #replace(role: Role, stored: StoredPlugin): void {
    const { plugin, manifest, installedAt, installedBy, problem } = stored;
    this.#sql.exec('DELETE FROM plugin_versions WHERE role = ? AND name = ?', role, plugin.name);
    this.#sql.exec(
      `INSERT INTO plugin_versions (name, role, version, code_hash, ${COLUMNS})
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[plugin.name, role, plugin.version, plugin.codeHash],
      ...[JSON.stringify(plugin), plugin.state, JSON.stringify(manifest)],
      ...[installedAt, installedBy, plugin.untilRevision ?? null],
      ...[problem?.reason ?? null, problem?.detail ?? null],
    );
  }

  #select(condition: string, ...bindings: string[]): StoredPlugin[] {
    return this.#sql
      .exec<VersionRow>(`SELECT ${COLUMNS} FROM plugin_versions ${condition}`, ...bindings)
      .toArray()
      .map(toStored);
  }

  /** A workspace that was founded by an older gateway has its plugins in a table of that name. */
  #takeOverOlderTable(): void {
    const query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'plugins'";
    if (this.#sql.exec(query).toArray().length === 0) return;
    this.#sql.exec(`
      INSERT OR IGNORE INTO plugin_versions (name, role, version, code_hash, ${COLUMNS})
        SELECT name, 'current', json_extract(plugin, '$.version'), code_hash,
          plugin, state, manifest, installed_at, installed_by, NULL, NULL, NULL FROM plugins;
      DROP TABLE plugins;
      DROP TABLE IF EXISTS draining_plugins;
    `);
  }
}

function toStored(row: VersionRow): StoredPlugin {
  const { state, until_revision: untilRevision, reason, detail } = row;
  return {
    plugin: {
      ...JSON.parse(row.plugin),
      state,
      ...(untilRevision !== null && { untilRevision }),
    },
    manifest: JSON.parse(row.manifest),
    installedAt: row.installed_at,
    installedBy: row.installed_by,
    ...(reason !== null && { problem: { reason, ...(detail !== null && { detail }) } }),
  };
}
