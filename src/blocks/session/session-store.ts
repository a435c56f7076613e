/**
 * The one row of a session: who made it, and the newest revision that it knows.
 *
 * @module
 */

import type { SessionId, WorkspaceId } from '../../core/primitives/ids.ts';
import type { ChunkedValues } from '../kit/chunked-values.ts';
import { createSessionTables, hasSession } from './schema.ts';

/** What never changes about a session. */
export interface SessionFacts {
  readonly id: SessionId;
  readonly workspace: WorkspaceId;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly title?: string;
  readonly model?: string;
  readonly ephemeralMs?: number;
  /** The index of the workspace has it. Absent in those of before there was one. */
  readonly isListed?: true;
  /**
   * Name of its outbox in the audit chain. Holds chance: a session that is made again under the same
   * id after it was deleted counts from 1 again, and must not be taken for the first.
   */
  readonly source: string;
}

export interface SessionRow {
  facts: SessionFacts;
  /** Newest revision of the workspace's authority that this session has heard of. */
  revision: number;
  /** Its conversation is gone, its records are still on their way. */
  deleted: boolean;
}

/** What its facts are sealed as: they hold a title. */
const KEY = 'session';

export class SessionStore {
  readonly #sql: SqlStorage;
  readonly #values: ChunkedValues;
  #row: SessionRow | undefined | 'unread' = 'unread';

  constructor(sql: SqlStorage, values: ChunkedValues) {
    this.#sql = sql;
    this.#values = values;
  }

  /** The session, also one that is being deleted. */
  row(): SessionRow | undefined {
    if (this.#row === 'unread') this.#row = this.#read();
    return this.#row;
  }

  /** The session, unless it is being deleted. */
  live(): SessionRow | undefined {
    const row = this.row();
    return row?.deleted === true ? undefined : row;
  }

  isBeingDeleted(): boolean {
    return this.row()?.deleted === true;
  }

  /** Makes the tables too. */
  insert(facts: SessionFacts, revision: number): void {
    createSessionTables(this.#sql);
    this.#sql.exec(
      'INSERT INTO session (id, facts, revision, deleted) VALUES (1, ?, ?, 0)',
      this.#toColumn(facts),
      revision,
    );
    this.#row = { facts, revision, deleted: false };
  }

  /** Whether the revision was news. */
  raiseRevision(revision: number): boolean {
    const row = this.row();
    if (row === undefined || revision <= row.revision) return false;
    row.revision = revision;
    this.#sql.exec('UPDATE session SET revision = ?', revision);
    return true;
  }

  /** In memory only, until {@link SessionStore.writeFacts}. */
  noteListed(): void {
    const row = this.live();
    if (row !== undefined) row.facts = { ...row.facts, isListed: true };
  }

  writeFacts(): void {
    const row = this.row();
    if (row === undefined) return;
    this.#sql.exec('UPDATE session SET facts = ?', this.#toColumn(row.facts));
  }

  markDeleted(): void {
    this.#sql.exec('UPDATE session SET deleted = 1');
    this.forget();
  }

  /** After a transaction was rolled back, or storage was wiped: memory may be ahead of it. */
  forget(): void {
    this.#row = 'unread';
  }

  #toColumn(facts: SessionFacts): string {
    return this.#values.seal(KEY, JSON.stringify(facts));
  }

  #read(): SessionRow | undefined {
    if (!hasSession(this.#sql)) return undefined;
    const [row] = this.#sql
      .exec<{ facts: string; revision: number; deleted: number }>(
        'SELECT facts, revision, deleted FROM session',
      )
      .toArray();
    if (row === undefined) return undefined;
    const facts = JSON.parse(this.#values.open(KEY, row.facts));
    return { facts, revision: row.revision, deleted: row.deleted === 1 };
  }
}
