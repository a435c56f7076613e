/**
 * The one row of a workspace: its revision, policy and members.
 *
 * A copy is kept in memory, since nobody else writes here. Whoever rolls a transaction back must
 * call {@link WorkspaceStore.forget}.
 *
 * @module
 */

import type { CapabilityPattern } from '../../core/capabilities/pattern.ts';
import { Fault } from '../../core/errors/fault.ts';
import { DEFAULT_APPROVAL_POLICY } from '../../core/policy/approval-policy.ts';
import { DEFAULT_ENCRYPTION_POLICY } from '../../core/policy/encryption-policy.ts';
import { DEFAULT_FLOW_RULES } from '../../core/policy/flow-rules.ts';
import { DEFAULT_MEMORY_POLICY } from '../../core/policy/memory-policy.ts';
import { DEFAULT_PLUGIN_POLICY } from '../../core/policy/plugin-policy.ts';
import type { Policy } from '../../core/policy/policy.ts';
import { toScanPolicy } from '../../core/policy/scan-policy.ts';
import { DEFAULT_SESSION_POLICY } from '../../core/policy/session-policy.ts';
import { DEFAULT_SIGN_IN_POLICY } from '../../core/policy/sign-in-policy.ts';

export interface WorkspaceRow {
  readonly foundedAt: number;
  /** Counts every change that can take something from a running turn, or give it to a later one. */
  readonly revision: number;
  readonly policy: Policy;
  /** Expanded grants by user id, in the order in which they were written. */
  readonly members: ReadonlyMap<string, readonly CapabilityPattern[]>;
}

const LATER_PARTS = {
  agents: {},
  plugins: DEFAULT_PLUGIN_POLICY,
  approvals: DEFAULT_APPROVAL_POLICY,
  memory: DEFAULT_MEMORY_POLICY,
  sessions: DEFAULT_SESSION_POLICY,
  encryption: DEFAULT_ENCRYPTION_POLICY,
  signIn: DEFAULT_SIGN_IN_POLICY,
};

type StoredRow = { founded_at: number; revision: number; policy: string; members: string };

/** A policy that was stored before there were some parts has their defaults. */
export function readPolicy(stored: string): Policy {
  const policy = JSON.parse(stored);
  const rates = { routes: {}, ...policy.rates };
  const flow = { ...DEFAULT_FLOW_RULES, ...policy.flow };
  const memory = { ...DEFAULT_MEMORY_POLICY, ...policy.memory };
  return { ...LATER_PARTS, ...policy, memory, rates, flow, scan: toScanPolicy(policy.scan) };
}

export class WorkspaceStore {
  readonly #sql: SqlStorage;
  #row: WorkspaceRow | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS workspace (
      only INTEGER PRIMARY KEY CHECK (only = 1), founded_at INTEGER NOT NULL,
      revision INTEGER NOT NULL, policy TEXT NOT NULL, members TEXT NOT NULL
    ) STRICT`);
  }

  insert(row: WorkspaceRow): void {
    this.#sql.exec(
      'INSERT INTO workspace (only, founded_at, revision, policy, members) VALUES (1, ?, ?, ?, ?)',
      row.foundedAt,
      row.revision,
      JSON.stringify(row.policy),
      JSON.stringify([...row.members]),
    );
    this.#row = row;
  }

  /** `undefined` until the workspace is founded. */
  find(): WorkspaceRow | undefined {
    this.#row ??= this.#read();
    return this.#row;
  }

  /** @throws Fault `not_found` if the workspace was never founded. */
  row(): WorkspaceRow {
    const row = this.find();
    if (row === undefined) throw new Fault('not_found');
    return row;
  }

  update(change: Partial<Pick<WorkspaceRow, 'policy' | 'members'>>): void {
    const row = { ...this.row(), ...change };
    this.#sql.exec(
      'UPDATE workspace SET policy = ?, members = ?',
      JSON.stringify(row.policy),
      JSON.stringify([...row.members]),
    );
    this.#row = row;
  }

  raiseRevision(): number {
    const revision = this.row().revision + 1;
    this.#sql.exec('UPDATE workspace SET revision = ?', revision);
    this.#row = { ...this.row(), revision };
    return revision;
  }

  forget(): void {
    this.#row = undefined;
  }

  #read(): WorkspaceRow | undefined {
    if (!this.#hasTable()) return undefined;
    const [stored] = this.#sql
      .exec<StoredRow>('SELECT founded_at, revision, policy, members FROM workspace')
      .toArray();
    return (
      stored && {
        foundedAt: stored.founded_at,
        revision: stored.revision,
        policy: readPolicy(stored.policy),
        members: new Map(JSON.parse(stored.members)),
      }
    );
  }

  /** Asking for a workspace that does not exist leaves no trace, hence no tables. */
  #hasTable(): boolean {
    const query = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'workspace'";
    return this.#sql.exec(query).toArray().length > 0;
  }
}
