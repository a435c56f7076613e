import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MerkleFrontier } from '../../../src/core/audit/merkle-frontier.ts';
import { MerkleTree } from '../../../src/core/audit/merkle-tree.ts';
import { verifyConsistency, verifyInclusion } from '../../support/merkle-proof.ts';
import { naivePath, naiveProof, naiveRoot, sha256Bytes } from './naive-tree.ts';

const leavesOf = (count: number) =>
  Array.from({ length: count }, (_, at) => sha256Bytes(Uint8Array.of(at & 255, at >> 8)));

const treeOf = (leaves: readonly Uint8Array[]) =>
  new MerkleTree(
    leaves.length,
    (level, at) => naiveRoot(leaves.slice(at * 2 ** level, (at + 1) * 2 ** level)),
    sha256Bytes,
  );

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** A tree, a smaller one that it begins with, and a leaf of it. */
const trees = fc.integer({ min: 1, max: 200 }).chain((size) =>
  fc.record({
    leaves: fc.constant(leavesOf(size)),
    from: fc.integer({ min: 1, max: size }),
    index: fc.integer({ min: 0, max: size - 1 }),
  }),
);

/** Some byte of some hash in a path, changed. */
function tampered(path: readonly Uint8Array[], at: number): Uint8Array[] {
  return path.map((hash, index) => {
    const copy = Uint8Array.from(hash);
    if (index === at % path.length) copy[at % 32] = (copy[at % 32] ?? 0) ^ 1;
    return copy;
  });
}

describe('roots', () => {
  test('are those of the definition at every size to 130, kept or added one by one', () => {
    const leaves = leavesOf(130);
    const frontier = new MerkleFrontier(sha256Bytes);
    for (let size = 0; size <= leaves.length; size++) {
      const expected = hex(naiveRoot(leaves.slice(0, size)));
      expect(hex(treeOf(leaves.slice(0, size)).root())).toBe(expected);
      expect(hex(frontier.root())).toBe(expected);
      frontier.add(leaves[size] ?? new Uint8Array(32));
    }
  });

  test('are those of the test vectors of Certificate Transparency', () => {
    const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657'];
    const frontier = new MerkleFrontier(sha256Bytes);
    expect(hex(frontier.root())).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
    for (const input of inputs) frontier.add(Buffer.from(input, 'hex'));
    expect(hex(frontier.root())).toBe(
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    );
  });
});

describe('paths', () => {
  test('are those of the definition, and hold', () => {
    fc.assert(
      fc.property(trees, ({ leaves, from, index }) => {
        const tree = treeOf(leaves);
        const path = tree.inclusionPath(index);
        expect(path.map(hex)).toEqual(naivePath(index, leaves).map(hex));
        const root = tree.root();
        const leaf = leaves[index] ?? new Uint8Array(32);
        const size = leaves.length;
        expect(verifyInclusion({ index, size, leaf, path, root }, sha256Bytes)).toBe(true);
        const proof = tree.consistencyPath(from);
        expect(proof.map(hex)).toEqual(naiveProof(from, leaves).map(hex));
        const smaller = { size: from, root: naiveRoot(leaves.slice(0, from)) };
        const claim = { from: smaller, to: { size, root }, path: proof };
        expect(verifyConsistency(claim, sha256Bytes)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test('prove no other leaf, place, size or root', () => {
    fc.assert(
      fc.property(trees, fc.nat(1_000), ({ leaves, index }, at) => {
        const size = leaves.length;
        const tree = treeOf(leaves);
        const leaf = leaves[index] ?? new Uint8Array(32);
        const proof = { index, size, leaf, path: tree.inclusionPath(index), root: tree.root() };
        const holds = (changes: Partial<typeof proof>) =>
          verifyInclusion({ ...proof, ...changes }, sha256Bytes);
        expect(holds({ leaf: sha256Bytes(leaf) })).toBe(false);
        expect(holds({ root: sha256Bytes(proof.root) })).toBe(false);
        expect(holds({ path: [...proof.path, proof.root] })).toBe(false);
        expect(holds({ index: size })).toBe(false);
        expect(holds({ index: -1 })).toBe(false);
        expect(holds({ index: Number.NaN })).toBe(false);
        if (size === 1) return;
        expect(holds({ path: proof.path.slice(1) })).toBe(false);
        expect(holds({ path: tampered(proof.path, at) })).toBe(false);
        expect(holds({ index: (index + 1) % size })).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  test('prove no tree the beginning of one that begins otherwise', () => {
    fc.assert(
      fc.property(trees, fc.nat(1_000), ({ leaves, from }, at) => {
        const size = leaves.length;
        const tree = treeOf(leaves);
        const path = tree.consistencyPath(from);
        const claim = {
          from: { size: from, root: naiveRoot(leaves.slice(0, from)) },
          to: { size, root: tree.root() },
          path,
        };
        const holds = (changes: Partial<typeof claim>) =>
          verifyConsistency({ ...claim, ...changes }, sha256Bytes);
        const other = sha256Bytes(Uint8Array.of(9));
        expect(holds({ from: { size: from, root: other } })).toBe(false);
        expect(holds({ to: { size, root: other } })).toBe(false);
        expect(holds({ path: [...path, other] })).toBe(false);
        expect(holds({ from: { size: 0, root: claim.from.root } })).toBe(false);
        expect(holds({ from: { size: size + 1, root: claim.from.root } })).toBe(false);
        if (path.length > 0) expect(holds({ path: tampered(path, at) })).toBe(false);
        if (path.length > 0) expect(holds({ path: path.slice(1) })).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});
