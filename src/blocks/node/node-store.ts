/**
 * The nodes of a workspace as rows: who approved them, by which key they are known, and what they
 * said that they can run.
 *
 * @module
 */

import type { CapabilityRules } from '../../core/capabilities/capability-set.ts';
import type { NodeOffer } from '../../core/executor-protocol/node-offer.ts';
import type { NodeId } from '../../core/primitives/ids.ts';
import type { ApproveNode } from './node-api.ts';

/** Most nodes of a workspace. */
export const MAX_NODES = 64;

export interface StoredNode {
  readonly id: NodeId;
  readonly name: string;
  readonly ceiling: CapabilityRules;
  /** How often the ceiling was changed since the node was approved; absent: never. */
  readonly ceilingChanges?: number;
  readonly approvedBy: string;
  readonly approvedAt: number;
  /** Set until the code is redeemed. */
  readonly codeHash?: string;
  readonly codeExpiresAt?: number;
  /** Ed25519, base64url; set once it is enrolled. */
  readonly publicKey?: string;
  readonly enrolledAt?: number;
  /** Of its latest connection. */
  readonly connectedAt?: number;
  readonly lastSeenAt?: number;
  /** What it was sent before need not be in its ledger, though it was taken on; absent: all is. */
  readonly ledgerSince?: number;
  readonly offer?: NodeOffer;
  /** Of the last time that it came with the clock of another time; see `wrong-clock.ts`. */
  readonly wrongClock?: WrongClock;
}

export interface WrongClock {
  readonly aheadMs: number;
  /** When it came, epoch milliseconds; absent in what an earlier version has written. */
  readonly at?: number;
  /** What it could run otherwise. */
  readonly offer: NodeOffer;
}

/** Few and small: they are all kept in memory as read. */
export class NodeStore {
  readonly #sql: SqlStorage;
  #nodes: Map<NodeId, StoredNode> | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS nodes (
      id TEXT PRIMARY KEY, facts TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`);
  }

  forget(): void {
    this.#nodes = undefined;
  }

  all(): readonly StoredNode[] {
    return [...this.#read().values()];
  }

  find(id: NodeId): StoredNode | undefined {
    return this.#read().get(id);
  }

  /** Part of a transaction. */
  add(
    { id, name, ceiling, codeHash, expiresAt }: ApproveNode,
    approvedBy: string,
    approvedAt: number,
  ): StoredNode {
    const invited = { id, name, ceiling, approvedBy, approvedAt };
    const node = { ...invited, codeHash, codeExpiresAt: expiresAt };
    this.put(node);
    return node;
  }

  /** Part of a transaction. */
  put(node: StoredNode): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO nodes (id, facts) VALUES (?, ?)',
      node.id,
      JSON.stringify(node),
    );
    this.#read().set(node.id, node);
  }

  /** Part of a transaction. */
  remove(id: NodeId): void {
    this.#sql.exec('DELETE FROM nodes WHERE id = ?', id);
    this.#read().delete(id);
  }

  #read(): Map<NodeId, StoredNode> {
    this.#nodes ??= new Map(
      this.#sql
        .exec<{ facts: string }>('SELECT facts FROM nodes ORDER BY id')
        .toArray()
        .map(({ facts }): StoredNode => JSON.parse(facts))
        .map((node) => [node.id, node]),
    );
    return this.#nodes;
  }
}
