/**
 * Blocks that hold a copy of somebody's authority for a few seconds, so that they need not ask before
 * everything they do.
 *
 * A change is acknowledged once nobody can go by what was before: each holder has been told, or his
 * time is over. So what is revoked ends with the next operation, though nobody asks. Holders are known
 * in memory only. An object that has just come to life knows none, and its changes wait until the time
 * of all that there may be is over; how long there may be any is all that is ever stored, a row now and
 * then.
 *
 * @module
 */

import type { BlockId } from '../../core/primitives/ids.ts';
import { inParallel, type Timeout } from '../kit/in-parallel.ts';

/** For how long a block goes by what it was told, in milliseconds. */
const LEASE_MS = 5_000;

/** For how long it is taken to, since clocks stand still while code runs. */
const HELD_MS = 6_000;

/** How much later than needed the stored end of all leases is, so that it is seldom written. */
const SPARE_MS = 15_000;

/** More blocks than this at once ask each time. A change tells all of them. */
const MAX_HOLDERS = 1_000;

/** Blocks told at the same time. */
const PARALLEL = 64;

export interface LeaseParts {
  readonly sql: SqlStorage;
  readonly now: () => number;
  readonly timeout: (ms: number) => Timeout;
  /** Resolves once the block goes by nothing older than this revision. */
  readonly tellBlock: (block: BlockId, revision: number) => Promise<void>;
}

export class AuthorityLeases {
  readonly #parts: LeaseParts;
  readonly #beganAt: number;
  /** When the lease of each is over, in epoch milliseconds. */
  #holders = new Map<BlockId, number>();
  readonly #recalls = new Set<Promise<void>>();
  /** Every lease that was ever given is over by then, as stored. */
  #allOverAt: number | undefined;
  /** Every lease that this object does not know of is over by then. */
  #blindUntil = 0;

  constructor(parts: LeaseParts) {
    this.#parts = parts;
    this.#beganAt = parts.now();
  }

  /** Lends what is true now to a block; answers for how long. Zero: it must ask each time. */
  lend(holder: BlockId): number {
    const now = this.#parts.now();
    if (!this.#holders.has(holder) && this.#holders.size >= MAX_HOLDERS) this.#dropOver(now);
    if (!this.#holders.has(holder) && this.#holders.size >= MAX_HOLDERS) return 0;
    const until = now + HELD_MS;
    if (this.#readAllOverAt() < until) this.#writeAllOverAt(until + SPARE_MS);
    this.#holders.set(holder, until);
    return LEASE_MS;
  }

  /** Resolves once nobody can go by an older revision than this. Never rejects. */
  async recall(revision: number): Promise<void> {
    const holders = this.#holders;
    this.#holders = new Map();
    const recall = Promise.all([this.#tellAll(holders, revision), this.#outwaitUnknown()]).then(
      () => {},
    );
    this.#recalls.add(recall);
    // Whom an earlier change is still looking for may hold what was before both.
    await Promise.all(this.#recalls);
    this.#recalls.delete(recall);
  }

  async #tellAll(holders: ReadonlyMap<BlockId, number>, revision: number): Promise<void> {
    await inParallel([...holders], {
      parallel: PARALLEL,
      perform: ([holder, until]) => this.#tell(holder, { until, revision }),
    });
  }

  /** Who cannot be reached is outwaited. */
  async #tell(
    block: BlockId,
    { until, revision }: { readonly until: number; readonly revision: number },
  ): Promise<void> {
    const leftMs = until - this.#parts.now();
    if (leftMs <= 0) return;
    const isOver = this.#parts.timeout(leftMs);
    const told = this.#parts.tellBlock(block, revision).catch(() => isOver.promise);
    await Promise.race([told, isOver.promise]);
    isOver.clear();
  }

  async #outwaitUnknown(): Promise<void> {
    this.#readAllOverAt();
    const leftMs = this.#blindUntil - this.#parts.now();
    if (leftMs > 0) await this.#parts.timeout(leftMs).promise;
  }

  #dropOver(now: number): void {
    for (const [holder, until] of this.#holders) {
      if (until <= now) this.#holders.delete(holder);
    }
  }

  #readAllOverAt(): number {
    if (this.#allOverAt !== undefined) return this.#allOverAt;
    const query = "SELECT 1 FROM sqlite_master WHERE name = 'authority_leases'";
    const exists = this.#parts.sql.exec(query).toArray().length > 0;
    const [row] = exists
      ? this.#parts.sql
          .exec<{ at: number }>('SELECT all_over_at AS at FROM authority_leases')
          .toArray()
      : [];
    this.#allOverAt = row?.at ?? 0;
    this.#blindUntil = Math.min(this.#allOverAt, this.#beganAt + HELD_MS);
    return this.#allOverAt;
  }

  /** On disk before the lease is given: answers wait for what was written before them. */
  #writeAllOverAt(at: number): void {
    this.#parts.sql.exec(`CREATE TABLE IF NOT EXISTS authority_leases (
      id INTEGER PRIMARY KEY, all_over_at INTEGER NOT NULL
    ) STRICT`);
    this.#parts.sql.exec('INSERT OR REPLACE INTO authority_leases VALUES (1, ?)', at);
    this.#allOverAt = at;
  }
}
