/**
 * The Merkle tree of a chain with its signed checkpoints: signed once a minute while records arrive,
 * kept here for good, and written to the archive where the deployment has one.
 *
 * @module
 */

import type { BlockBindings } from '../kit/bindings.ts';
import { type SigningKey, signingKey } from '../kit/signing-key.ts';
import type { Timers } from '../kit/timers.ts';
import type { CheckpointNote, ConsistencyAnswer, InclusionAnswer } from './audit-api.ts';
import type { ChainStore } from './chain-store.ts';
import { CheckpointStore } from './checkpoint-store.ts';
import { signCheckpoint } from './sign-checkpoint.ts';
import { TreeStore } from './tree-store.ts';

export const SIGN_TIMER = 'sign';

/** How long a record waits at most until a checkpoint vouches for it, in milliseconds. */
const SIGN_AFTER_MS = 60_000;

/** Checkpoints written to the archive at once. */
const ARCHIVE_PAGE = 16;

interface SignedTreeParts {
  readonly workspace: string;
  readonly sql: SqlStorage;
  readonly chain: ChainStore;
  readonly timers: Timers;
  readonly env: Pick<BlockBindings, 'SALLYPORT_MASTER_KEY' | 'AUDIT_ARCHIVE'>;
}

export class SignedTree {
  readonly #parts: SignedTreeParts;
  readonly #tree: TreeStore;
  readonly #checkpoints: CheckpointStore;
  #key: SigningKey | undefined;

  constructor(parts: SignedTreeParts) {
    this.#parts = parts;
    this.#tree = new TreeStore(parts.sql);
    this.#checkpoints = new CheckpointStore(parts.sql);
  }

  createTables(): void {
    this.#tree.createTable();
    this.#checkpoints.createTable();
  }

  /** Memory may be ahead of storage. */
  forget(): void {
    this.#tree.forget();
  }

  /** Part of the transaction that adds records up to `size`. */
  growTo(size: number): void {
    this.#tree.growTo(size);
    this.#parts.timers.setLatest(SIGN_TIMER, Date.now() + SIGN_AFTER_MS);
  }

  /** A checkpoint of all that there is; `undefined` while there is nothing. */
  sign(): CheckpointNote | undefined {
    const newest = this.#checkpoints.newest();
    const { seq: size } = this.#parts.chain.head();
    if (size === 0 || newest?.size === size) return newest;
    const { workspace, env } = this.#parts;
    this.#key ??= signingKey(env.SALLYPORT_MASTER_KEY, 'audit-signing');
    const root = this.#tree.treeOf(size).root();
    const signed = signCheckpoint({ workspace, size, root, at: Date.now() }, this.#key);
    this.#checkpoints.add(signed);
    return signed;
  }

  /** What the timer does. Rejects when the archive cannot be written to; then it is set again. */
  async signAndArchive(): Promise<void> {
    this.sign();
    await this.archive();
  }

  async archive(): Promise<void> {
    const { env, workspace } = this.#parts;
    const archive = env.AUDIT_ARCHIVE;
    if (archive === undefined) return;
    for (;;) {
      const page = this.#checkpoints.unarchived(ARCHIVE_PAGE);
      for (const { size, note } of page) {
        await archive.put(`${workspace}/${String(size).padStart(16, '0')}.txt`, note);
        this.#checkpoints.markArchived(size);
      }
      if (page.length < ARCHIVE_PAGE) return;
    }
  }

  checkpoints(after: number, limit: number): readonly CheckpointNote[] {
    return this.#checkpoints.after(after, limit);
  }

  inclusion(seq: number, size: number): InclusionAnswer | undefined {
    const leaf = this.#parts.chain.hashOf(seq);
    if (leaf === undefined || seq > size || size > this.#parts.chain.head().seq) return undefined;
    const tree = this.#tree.treeOf(size);
    const path = tree.inclusionPath(seq - 1).map(toHex);
    return { seq, size, leaf, path, root: toHex(tree.root()) };
  }

  consistency(from: number, to: number): ConsistencyAnswer | undefined {
    if (from < 1 || from > to || to > this.#parts.chain.head().seq) return undefined;
    const tree = this.#tree.treeOf(to);
    const fromRoot = toHex(this.#tree.treeOf(from).root());
    const path = tree.consistencyPath(from).map(toHex);
    return { from, fromRoot, to, toRoot: toHex(tree.root()), path };
  }
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
