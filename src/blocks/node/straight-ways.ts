/**
 * To which node calls of a plugin may go ahead of their rows.
 *
 * A call is a row before it is a frame, so that after a crash it is known which node to ask about it.
 * Where storage names that node already, the row may follow while the call runs. There is one such node
 * for each code at a time: what went to the one before it was written before.
 *
 * @module
 */

import type { NodeId } from '../../core/primitives/ids.ts';

/** Codes whose node is remembered. Those of the longest ago are forgotten: their next call is a row first. */
const MAX_WAYS = 1_024;

export class StraightWays {
  readonly #sql: SqlStorage;
  #ways: Map<string, NodeId> | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS straight_ways (
      code_hash TEXT PRIMARY KEY, node TEXT NOT NULL
    ) STRICT`);
  }

  /** Memory may be ahead of storage. */
  forget(): void {
    this.#ways = undefined;
  }

  of(codeHash: string): NodeId | undefined {
    return this.#read().get(codeHash);
  }

  /** Part of a transaction. */
  set(codeHash: string, node: NodeId): void {
    if (this.of(codeHash) === node) return;
    this.#sql.exec('INSERT OR REPLACE INTO straight_ways VALUES (?, ?)', codeHash, node);
    this.#sql.exec(
      'DELETE FROM straight_ways WHERE rowid <= (SELECT max(rowid) FROM straight_ways) - ?',
      MAX_WAYS,
    );
    this.#read().set(codeHash, node);
  }

  #read(): Map<string, NodeId> {
    this.#ways ??= new Map(
      this.#sql
        .exec<{ code_hash: string; node: NodeId }>('SELECT code_hash, node FROM straight_ways')
        .toArray()
        .map(({ code_hash: codeHash, node }) => [codeHash, node]),
    );
    return this.#ways;
  }
}
