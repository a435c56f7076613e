/**
 * What is kept of a chain's Merkle tree: the roots of complete subtrees from 64 leaves on. Smaller
 * ones are computed from the records' hashes when they are asked for.
 *
 * Nothing here opens a transaction: writes belong to the caller's.
 *
 * @module
 */

import { hashLeaf, hashNode, MerkleTree } from '../../core/audit/merkle-tree.ts';
import { sha256 } from '../kit/keys.ts';

/** Level of the smallest subtrees whose roots are kept: one row for 64 records, and one more above. */
const KEPT_LEVEL = 6;
const KEPT_LEAVES = 2 ** KEPT_LEVEL;

export class TreeStore {
  readonly #sql: SqlStorage;
  /** How many subtrees of the lowest level are kept. */
  #kept = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS subtrees (
      level INTEGER NOT NULL, position INTEGER NOT NULL, root BLOB NOT NULL,
      PRIMARY KEY (level, position)
    ) STRICT, WITHOUT ROWID`);
    this.forget();
  }

  /** Memory may be ahead of storage. */
  forget(): void {
    const { n } = this.#sql
      .exec<{ n: number }>('SELECT COUNT(*) AS n FROM subtrees WHERE level = ?', KEPT_LEVEL)
      .one();
    this.#kept = n;
  }

  /** Part of the transaction that adds records up to `size`. */
  growTo(size: number): void {
    for (; (this.#kept + 1) * KEPT_LEAVES <= size; this.#kept++) this.#keep(this.#kept);
  }

  treeOf(size: number): MerkleTree {
    const subtree = (level: number, position: number) => this.#root(level, position);
    return new MerkleTree(size, subtree, sha256);
  }

  /** With a subtree that is a right child, the one above is complete too. */
  #keep(lowest: number): void {
    let root = this.#compute(KEPT_LEVEL, lowest);
    let position = lowest;
    for (let level = KEPT_LEVEL; ; level++) {
      this.#sql.exec('INSERT OR REPLACE INTO subtrees VALUES (?, ?, ?)', level, position, root);
      if (position % 2 === 0) return;
      root = hashNode(this.#root(level, position - 1), root, sha256);
      position = (position - 1) / 2;
    }
  }

  #root(level: number, position: number): Uint8Array {
    if (level < KEPT_LEVEL) return this.#compute(level, position);
    const { root } = this.#sql
      .exec<{ root: ArrayBuffer }>(
        'SELECT root FROM subtrees WHERE level = ? AND position = ?',
        level,
        position,
      )
      .one();
    return new Uint8Array(root);
  }

  #compute(level: number, position: number): Uint8Array {
    const size = 2 ** level;
    let roots = this.#sql
      .exec<{ hash: string }>(
        'SELECT hash FROM records WHERE seq > ? ORDER BY seq LIMIT ?',
        position * size,
        size,
      )
      .toArray()
      .map(({ hash }) => hashLeaf(Buffer.from(hash, 'hex'), sha256));
    while (roots.length > 1) roots = hashPairs(roots);
    const [root] = roots;
    if (root === undefined) throw new RangeError('Cannot hash a subtree: its records must exist');
    return root;
  }
}

/** Of a complete level, so of an even number. */
function hashPairs(roots: readonly Uint8Array[]): Uint8Array[] {
  return roots.flatMap((left, at) => {
    const right = roots[at + 1];
    return at % 2 === 0 && right !== undefined ? [hashNode(left, right, sha256)] : [];
  });
}
