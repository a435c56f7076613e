/**
 * The directory of a workspace: which block has which name, and which blocks are in which group.
 *
 * A name has one holder at a time. Who ends says so in the transaction that ends it, so that its names
 * and memberships end, too, however often that has to be said.
 *
 * @module
 */

import { DurableObject } from 'cloudflare:workers';
import type { NumberedSignal } from '../../core/blocks/block-signal.ts';
import type { BlockId } from '../../core/primitives/ids.ts';
import type { BlockBindings } from '../kit/bindings.ts';
import type { DirectoryApi, Registration } from './directory-api.ts';

/** Most members of a group. */
const MAX_GROUP_MEMBERS = 10_000;

/** Most names that a block has, and most groups that it is in. */
export const MAX_NAMES = 64;
export const MAX_GROUPS = 1_000;

/** How long a name waits for its block to confirm it, in milliseconds. */
const CONFIRM_MS = 60_000;

/** A name for good. */
const CONFIRMED = 0;

export class DirectoryBlock extends DurableObject<BlockBindings> implements DirectoryApi {
  readonly #sql: SqlStorage;

  constructor(ctx: DurableObjectState, env: BlockBindings) {
    super(ctx, env);
    this.#sql = ctx.storage.sql;
    this.#sql.exec(`
      CREATE TABLE IF NOT EXISTS names (
        name TEXT PRIMARY KEY, block TEXT NOT NULL, free_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS names_of_block ON names (block);
      CREATE INDEX IF NOT EXISTS names_to_confirm ON names (free_at) WHERE free_at <> ${CONFIRMED};
      CREATE TABLE IF NOT EXISTS members (
        group_name TEXT NOT NULL, block TEXT NOT NULL, PRIMARY KEY (group_name, block)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX IF NOT EXISTS groups_of_block ON members (block);
    `);
  }

  async register(name: string, id: BlockId): Promise<Registration> {
    this.#sql.exec(`DELETE FROM names WHERE free_at <> ${CONFIRMED} AND free_at <= ?`, Date.now());
    const holder = this.#holder(name);
    if (holder !== undefined) return holder === id ? 'held' : 'taken';
    if (this.#countOf('names', id) >= MAX_NAMES) return 'too-many';
    this.#give(name, id, Date.now() + CONFIRM_MS);
    return 'held';
  }

  async unregister(name: string, id: BlockId): Promise<boolean> {
    const { rowsWritten } = this.#sql.exec(
      'DELETE FROM names WHERE name = ? AND block = ?',
      name,
      id,
    );
    return rowsWritten > 0;
  }

  async lookup(name: string): Promise<BlockId | undefined> {
    return this.#holder(name);
  }

  async join(group: string, id: BlockId): Promise<boolean> {
    const { count } = this.#sql
      .exec<{ count: number }>(
        'SELECT count(*) AS count FROM members WHERE group_name = ? AND block <> ?',
        group,
        id,
      )
      .one();
    if (count >= MAX_GROUP_MEMBERS || !this.#mayJoin(group, id)) return false;
    this.#sql.exec('INSERT OR IGNORE INTO members (group_name, block) VALUES (?, ?)', group, id);
    return true;
  }

  async leave(group: string, id: BlockId): Promise<boolean> {
    const { rowsWritten } = this.#sql.exec(
      'DELETE FROM members WHERE group_name = ? AND block = ?',
      group,
      id,
    );
    return rowsWritten > 0;
  }

  async members(group: string, after: string, limit: number): Promise<readonly BlockId[]> {
    return this.#sql
      .exec<{ block: string }>(
        'SELECT block FROM members WHERE group_name = ? AND block > ? ORDER BY block LIMIT ?',
        group,
        after,
        limit,
      )
      .toArray()
      .map(({ block }) => block as BlockId);
  }

  /** Hearing something twice changes nothing, so there is no need to remember how far it has come. */
  async accept(from: BlockId, signals: readonly NumberedSignal[]) {
    this.ctx.storage.transactionSync(() => {
      for (const { signal } of signals) {
        if (signal.kind === 'named') this.#confirm(from, signal);
        if (signal.kind === 'released') this.#release(from);
      }
    });
    const upTo = signals.at(-1)?.seq ?? 0;
    return { kind: 'accepted', upTo, answers: {} } as const;
  }

  #mayJoin(group: string, id: BlockId): boolean {
    if (this.#countOf('members', id) < MAX_GROUPS) return true;
    const query = 'SELECT 1 FROM members WHERE group_name = ? AND block = ?';
    return this.#sql.exec(query, group, id).toArray().length > 0;
  }

  #countOf(table: 'names' | 'members', id: BlockId): number {
    const query = `SELECT count(*) AS count FROM ${table} WHERE block = ?`;
    return this.#sql.exec<{ count: number }>(query, id).one().count;
  }

  /** A child that takes the place of another takes its name, too. */
  #confirm(id: BlockId, { name, replaces }: { name: string; replaces?: BlockId }): void {
    const holder = this.#holder(name);
    const isFree = holder === undefined || holder === id || holder === replaces;
    if (isFree) this.#give(name, id, CONFIRMED);
  }

  #release(id: BlockId): void {
    this.#sql.exec('DELETE FROM names WHERE block = ?', id);
    this.#sql.exec('DELETE FROM members WHERE block = ?', id);
  }

  #holder(name: string): BlockId | undefined {
    const [row] = this.#sql
      .exec<{ block: string }>(
        'SELECT block FROM names WHERE name = ? AND (free_at = ? OR free_at > ?)',
        name,
        CONFIRMED,
        Date.now(),
      )
      .toArray();
    return row?.block as BlockId | undefined;
  }

  #give(name: string, id: BlockId, freeAt: number): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO names (name, block, free_at) VALUES (?, ?, ?)',
      name,
      id,
      freeAt,
    );
  }
}
