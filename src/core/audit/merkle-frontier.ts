/**
 * The root of a Merkle tree while leaves are added, in memory that does not grow with it.
 *
 * @module
 */

import { hashLeaf, hashNode, type Sha256Bytes } from './merkle-tree.ts';

export class MerkleFrontier {
  readonly #sha256: Sha256Bytes;
  /** Root of the complete subtree of each level that has no partner yet. */
  readonly #peaks: (Uint8Array | undefined)[] = [];

  constructor(sha256: Sha256Bytes) {
    this.#sha256 = sha256;
  }

  add(leaf: Uint8Array): void {
    let root = hashLeaf(leaf, this.#sha256);
    let level = 0;
    for (; ; level++) {
      const left = this.#peaks[level];
      if (left === undefined) break;
      root = hashNode(left, root, this.#sha256);
      this.#peaks[level] = undefined;
    }
    this.#peaks[level] = root;
  }

  /** As RFC 6962 has it: the smaller subtrees are on the right. */
  root(): Uint8Array {
    let root: Uint8Array | undefined;
    for (const peak of this.#peaks) {
      if (peak !== undefined) root = root === undefined ? peak : hashNode(peak, root, this.#sha256);
    }
    return root ?? this.#sha256(new Uint8Array(0));
  }
}
