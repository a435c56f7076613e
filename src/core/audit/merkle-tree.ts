/**
 * The Merkle tree over a workspace's audit records (RFC 6962 §2.1): its root at any size, and the
 * paths that prove a record in it, or one size of it the beginning of another.
 *
 * Leaf number `seq - 1` is the record's hash, as bytes. Only complete subtrees are ever asked for, so
 * whoever keeps those answers for a tree of any size with few reads.
 *
 * @module
 */

/** SHA-256, as bytes. */
export type Sha256Bytes = (bytes: Uint8Array) => Uint8Array;

/** The root over the `2 ** level` leaves from `position * 2 ** level` on. */
export type SubtreeRoot = (level: number, position: number) => Uint8Array;

const HASH_BYTES = 32;

/** What is hashed begins with these, so that no node can pass for a leaf. */
const LEAF_PREFIX = 0;
const NODE_PREFIX = 1;

export function hashLeaf(leaf: Uint8Array, sha256: Sha256Bytes): Uint8Array {
  const bytes = new Uint8Array(1 + leaf.length);
  bytes[0] = LEAF_PREFIX;
  bytes.set(leaf, 1);
  return sha256(bytes);
}

export function hashNode(left: Uint8Array, right: Uint8Array, sha256: Sha256Bytes): Uint8Array {
  const bytes = new Uint8Array(1 + 2 * HASH_BYTES);
  bytes[0] = NODE_PREFIX;
  bytes.set(left, 1);
  bytes.set(right, 1 + HASH_BYTES);
  return sha256(bytes);
}

/** A tree of so many leaves, by what is kept of it. */
export class MerkleTree {
  readonly #size: number;
  readonly #subtree: SubtreeRoot;
  readonly #sha256: Sha256Bytes;

  constructor(size: number, subtree: SubtreeRoot, sha256: Sha256Bytes) {
    this.#size = size;
    this.#subtree = subtree;
    this.#sha256 = sha256;
  }

  /** `MTH(D[size])`: of no leaves, the hash of nothing. */
  root(): Uint8Array {
    if (this.#size === 0) return this.#sha256(new Uint8Array(0));
    return this.#rootOf(0, this.#size);
  }

  /** `PATH(index, D[size])`, from the leaf upwards; `index` must be below the size. */
  inclusionPath(index: number): readonly Uint8Array[] {
    return this.#pathOf(index, 0, this.#size);
  }

  /** `PROOF(from, D[size])`: that the first `from` leaves, 1 to size, are those of the smaller tree. */
  consistencyPath(from: number): readonly Uint8Array[] {
    return this.#prove(from, { start: 0, size: this.#size, isWhole: true });
  }

  /** A start is always a multiple of the largest power of two within its size. */
  #rootOf(start: number, size: number): Uint8Array {
    const level = Math.log2(size);
    if (Number.isInteger(level)) return this.#subtree(level, start / size);
    const split = splitOf(size);
    const left = this.#rootOf(start, split);
    return hashNode(left, this.#rootOf(start + split, size - split), this.#sha256);
  }

  #pathOf(index: number, start: number, size: number): readonly Uint8Array[] {
    if (size === 1) return [];
    const split = splitOf(size);
    return index < split
      ? [...this.#pathOf(index, start, split), this.#rootOf(start + split, size - split)]
      : [...this.#pathOf(index - split, start + split, size - split), this.#rootOf(start, split)];
  }

  /** `isWhole`: the smaller tree began where this one does, so its reader knows that root. */
  #prove(
    from: number,
    { start, size, isWhole }: { start: number; size: number; isWhole: boolean },
  ): readonly Uint8Array[] {
    if (from === size) return isWhole ? [] : [this.#rootOf(start, size)];
    const split = splitOf(size);
    if (from <= split) {
      const path = this.#prove(from, { start, size: split, isWhole });
      return [...path, this.#rootOf(start + split, size - split)];
    }
    const right = { start: start + split, size: size - split, isWhole: false };
    return [...this.#prove(from - split, right), this.#rootOf(start, split)];
  }
}

/** The largest power of two below `size`, which is at least 2. */
function splitOf(size: number): number {
  return 2 ** (Math.ceil(Math.log2(size)) - 1);
}
