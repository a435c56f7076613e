/**
 * The approvals of a session: one row each, from the question until the session is deleted. What the
 * call would do is in the journal of its turn.
 *
 * The table is made with the first row: most sessions never ask anybody. Each change gets the row
 * another version, so that the index of the workspace hears of the last one at least.
 *
 * @module
 */

import {
  type ApprovalState,
  type ApprovalSummary,
  isOpen,
} from '../../core/policy/approval-state.ts';
import type { Tables } from '../kit/tables.ts';

export interface ApprovalRow {
  readonly summary: ApprovalSummary;
  readonly hash: string;
  readonly version: number;
}

type StoredApproval = { summary: string; hash: string; version: number };

const COLUMNS = 'summary, hash, version';

const DEFINITION = `(
  id TEXT PRIMARY KEY, turn_id TEXT NOT NULL, state TEXT NOT NULL, expires_at INTEGER NOT NULL,
  hash TEXT NOT NULL, summary TEXT NOT NULL, version INTEGER NOT NULL, sent INTEGER NOT NULL
) STRICT`;

export class ApprovalStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;

  constructor(sql: SqlStorage, tables: Tables) {
    this.#sql = sql;
    this.#tables = tables;
  }

  /** A question; the same one that was withdrawn earlier is asked anew. */
  ask(summary: ApprovalSummary, hash: string): void {
    this.#tables.make('approvals', DEFINITION);
    this.#sql.exec(
      `INSERT INTO approvals (id, turn_id, state, expires_at, hash, summary, version, sent)
       VALUES (?, ?, ?, ?, ?, ?, 1, 0)
       ON CONFLICT (id) DO UPDATE SET state = excluded.state, expires_at = excluded.expires_at,
         summary = excluded.summary, version = version + 1`,
      summary.id,
      summary.turnId,
      summary.state,
      summary.expiresAt,
      hash,
      JSON.stringify(summary),
    );
  }

  find(id: string): ApprovalRow | undefined {
    return this.#all('WHERE id = ?', id)[0];
  }

  /** Those of a turn that may still let a call run. */
  openOf(turnId: string): ApprovalRow[] {
    return this.#all('WHERE turn_id = ?', turnId).filter(({ summary }) => isOpen(summary.state));
  }

  /** Those of a turn that let a call run now. */
  approvedOf(turnId: string, now: number): ApprovalRow[] {
    return this.openOf(turnId).filter(
      ({ summary }) => summary.state === 'approved' && now < summary.expiresAt,
    );
  }

  /** Open ones whose time is over. */
  overdue(now: number): ApprovalRow[] {
    return this.#all("WHERE state IN ('pending', 'approved') AND expires_at <= ?", now);
  }

  /** When the next open one is over. */
  nextExpiry(): number | undefined {
    if (!this.#tables.has('approvals')) return undefined;
    const { at } = this.#sql
      .exec<{ at: number | null }>(
        "SELECT min(expires_at) AS at FROM approvals WHERE state IN ('pending', 'approved')",
      )
      .one();
    return at ?? undefined;
  }

  /** Answers the row as it is now. */
  change(
    { summary, hash, version }: ApprovalRow,
    to: { readonly state: ApprovalState } & Pick<ApprovalSummary, 'decidedAt' | 'decidedBy'>,
  ): ApprovalRow {
    const changed = { ...summary, ...to };
    this.#sql.exec(
      'UPDATE approvals SET state = ?, summary = ?, version = version + 1 WHERE id = ?',
      changed.state,
      JSON.stringify(changed),
      summary.id,
    );
    return { summary: changed, hash, version: version + 1 };
  }

  /** What the index has not heard of, the oldest first. */
  unsent(limit: number): ApprovalRow[] {
    return this.#all('WHERE sent < version ORDER BY rowid LIMIT ?', limit);
  }

  markSent({ summary, version }: ApprovalRow): void {
    this.#sql.exec('UPDATE approvals SET sent = ? WHERE id = ?', version, summary.id);
  }

  #all(where: string, ...values: SqlStorageValue[]): ApprovalRow[] {
    if (!this.#tables.has('approvals')) return [];
    return this.#sql
      .exec<StoredApproval>(`SELECT ${COLUMNS} FROM approvals ${where}`, ...values)
      .toArray()
      .map(({ summary, hash, version }) => ({ summary: JSON.parse(summary), hash, version }));
  }
}
