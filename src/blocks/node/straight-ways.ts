/**
 * To which node calls of a plugin may go ahead of their rows.
 *
 * A call is a row before it is a frame, so that after a crash it is known which node to ask about it.
 * Where storage names that node already, the row may follow while the call runs. There is one such node
 * for each code at a time: what went to the one before it was written before.
 *
 * Unless the object was lost: then calls that nobody knows of may be at the node that storage names. It
 * stays the one to ask until they are long over, and calls to another node are rows first.
 *
 * @module
 */

import { TURN_LIMIT_CEILINGS } from '../../core/policy/turn-limits.ts';
import type { NodeId } from '../../core/primitives/ids.ts';

/** Codes whose node is remembered. Those of the longest ago are forgotten: their next call is a row first. */
const MAX_WAYS = 1_024;

/** How long a call may be asked about that went to a node before another took its place, in milliseconds. */
const LEAVE_MS = TURN_LIMIT_CEILINGS.maxDurationMs;

interface Way {
  readonly node: NodeId;
  /** From an earlier life of the object. */
  readonly isOld: boolean;
  /** From when another node may take its place, as calls go there now; epoch milliseconds. */
  readonly leaveAt?: number;
}

type Row = { code_hash: string; node: NodeId; leave_at: number | null };

export class StraightWays {
  readonly #sql: SqlStorage;
  #ways: Map<string, Way> | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS ways (
      code_hash TEXT PRIMARY KEY, node TEXT NOT NULL, leave_at INTEGER
    ) STRICT`);
  }

  /** Memory may be ahead of storage. */
  forget(): void {
    this.#ways = undefined;
  }

  /** The node to ask about a call of which nothing is known. */
  of(codeHash: string): NodeId | undefined {
    return this.#read().get(codeHash)?.node;
  }

  /** Whether a call to that node may leave before its row. */
  isStraight(codeHash: string, node: NodeId): boolean {
    const way = this.#read().get(codeHash);
    return way?.node === node && way.leaveAt === undefined;
  }

  /** Part of the transaction in which a call to that node is written. */
  set(codeHash: string, node: NodeId, now: number): void {
    const way = this.#read().get(codeHash);
    if (way?.node === node) {
      if (way.leaveAt !== undefined) this.#put(codeHash, { node, isOld: way.isOld });
    } else if (way === undefined || !way.isOld || (way.leaveAt ?? now + 1) <= now) {
      this.#put(codeHash, { node, isOld: false });
    } else if (way.leaveAt === undefined) {
      this.#put(codeHash, { ...way, leaveAt: now + LEAVE_MS });
    }
  }

  #put(codeHash: string, way: Way): void {
    this.#read().set(codeHash, way);
    this.#sql.exec(
      `INSERT INTO ways VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET node = excluded.node, leave_at = excluded.leave_at`,
      ...[codeHash, way.node, way.leaveAt ?? null],
    );
    const forgotten = this.#sql.exec<Pick<Row, 'code_hash'>>(
      'DELETE FROM ways WHERE rowid <= (SELECT max(rowid) FROM ways) - ? RETURNING code_hash',
      MAX_WAYS,
    );
    for (const { code_hash: code } of forgotten) this.#read().delete(code);
  }

  #read(): Map<string, Way> {
    this.#ways ??= new Map(this.#sql.exec<Row>('SELECT * FROM ways').toArray().map(toWay));
    return this.#ways;
  }
}

function toWay({ code_hash: codeHash, node, leave_at: leaveAt }: Row): [string, Way] {
  return [codeHash, { node, isOld: true, ...(leaveAt !== null && { leaveAt }) }];
}
