/**
 * The policies that a workspace has had, by the revision that each of them began.
 *
 * @module
 */

import type { Policy } from '../../core/policy/policy.ts';
import type { PolicyVersion } from './governance-api.ts';
import { readPolicy } from './workspace-store.ts';

/** Most versions that are kept: the oldest is forgotten first. */
const MAX_POLICY_VERSIONS = 100;

export class PolicyVersionStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS policy_versions (
      revision INTEGER PRIMARY KEY, policy TEXT NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL
    ) STRICT`);
  }

  add({ revision, at, by }: PolicyVersion, policy: Policy): void {
    const written = JSON.stringify(policy);
    this.#sql.exec('INSERT INTO policy_versions VALUES (?, ?, ?, ?)', revision, written, at, by);
    this.#sql.exec(
      `DELETE FROM policy_versions WHERE revision NOT IN
         (SELECT revision FROM policy_versions ORDER BY revision DESC LIMIT ?)`,
      MAX_POLICY_VERSIONS,
    );
  }

  /** Newest first. */
  all(): PolicyVersion[] {
    return this.#sql
      .exec<{ revision: number; at: number; by: string }>(
        'SELECT revision, at, by FROM policy_versions ORDER BY revision DESC',
      )
      .toArray();
  }

  find(revision: number): Policy | undefined {
    const query = 'SELECT policy FROM policy_versions WHERE revision = ?';
    const [row] = this.#sql.exec<{ policy: string }>(query, revision).toArray();
    return row && readPolicy(row.policy);
  }
}
