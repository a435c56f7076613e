/**
 * Checks paths of a Merkle tree (RFC 9162 §2.1.3.2 and §2.1.4.2): for whoever holds two roots, or a
 * root and a record, and trusts nothing else.
 *
 * @module
 */

import { hashLeaf, hashNode, type Sha256Bytes } from '../../src/core/audit/merkle-tree.ts';

export interface InclusionProof {
  /** Of the leaf, from 0. */
  readonly index: number;
  readonly size: number;
  readonly leaf: Uint8Array;
  readonly path: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** Whether the leaf stands at its index in the tree with this size and root. */
export function verifyInclusion(proof: InclusionProof, sha256: Sha256Bytes): boolean {
  const { index, size, leaf, path, root } = proof;
  if (!Number.isSafeInteger(index) || index < 0 || !(index < size)) return false;
  let at = index;
  let last = size - 1;
  let hash = hashLeaf(leaf, sha256);
  for (const beside of path) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      hash = hashNode(beside, hash, sha256);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      hash = hashNode(hash, beside, sha256);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && areEqual(hash, root);
}

export interface ConsistencyProof {
  readonly from: { readonly size: number; readonly root: Uint8Array };
  readonly to: { readonly size: number; readonly root: Uint8Array };
  readonly path: readonly Uint8Array[];
}

/** Whether the smaller tree, of at least one leaf, is the beginning of the larger one. */
export function verifyConsistency(
  { from, to, path }: ConsistencyProof,
  sha256: Sha256Bytes,
): boolean {
  if (!Number.isSafeInteger(from.size) || from.size < 1 || !(from.size <= to.size)) return false;
  if (from.size === to.size) return path.length === 0 && areEqual(from.root, to.root);
  const isComplete = Number.isInteger(Math.log2(from.size));
  const [first, ...rest] = isComplete ? [from.root, ...path] : path;
  if (first === undefined) return false;
  let at = from.size - 1;
  let last = to.size - 1;
  while (at % 2 === 1) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  let old = first;
  let whole = first;
  for (const beside of rest) {
    if (last === 0) return false;
    if (at % 2 === 1 || at === last) {
      old = hashNode(beside, old, sha256);
      whole = hashNode(beside, whole, sha256);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      whole = hashNode(whole, beside, sha256);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 && areEqual(old, from.root) && areEqual(whole, to.root);
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
