/**
 * The ordered streams between this block and others: what it has said and they may not have heard,
 * and how far it has heard each of them.
 *
 * What is said is a row of the transaction that says it, so it is sent if and only if that commits,
 * and again until the other end has it. Numbers make the second time harmless: they only ever grow,
 * and whoever hears one has heard all that came before. What was heard is deleted in passing, by the
 * next transaction.
 *
 * What has no other effect than to be told need not be stored first: {@link PairStore.take} gives it a
 * number from a stock that is written down in advance, so that no number is ever given twice.
 *
 * Memory holds copies. Whoever rolls a transaction back calls {@link PairStore.forget}.
 *
 * @module
 */

import type { BlockBody } from '../../core/blocks/block-body.ts';
import type { BlockSignal, NumberedSignal } from '../../core/blocks/block-signal.ts';
import type { ChunkedValues } from './chunked-values.ts';
import { fitCall } from './one-call.ts';
import type { Tables } from './tables.ts';
import { UnsentStore } from './unsent-store.ts';

/** Unsent signals that memory holds, of all peers together, and the longest body among them. */
const MAX_QUEUED = 1_000;
const MAX_QUEUED_BODY = 8_192;

/** Peers whose numbers memory holds. */
const MAX_PAIRS = 2_000;

/** Numbers that are written down in advance, whenever numbers are written. */
const STOCK = 1_000;

const COLUMNS = `(
  peer TEXT PRIMARY KEY, heard INTEGER NOT NULL, said INTEGER NOT NULL
) STRICT, WITHOUT ROWID`;

const NONE: ReadonlyMap<string, number> = new Map();

interface Pair {
  readonly peer: string;
  /** The last number of the peer that was dealt with here. */
  heard: number;
  /** The last number that was given to what is said to it. */
  said: number;
  /** As far as they may have been given, as stored; unsent rows tell of higher ones. */
  stock: number;
  /** All rows that are unsent, in order; absent where they must be read. */
  queue?: NumberedSignal[] | undefined;
}

interface PairParts {
  readonly sql: SqlStorage;
  readonly tables: Tables;
  readonly chunks: ChunkedValues;
  /** Sees to it that there is a transaction, sooner or later: see `changes.ts`. */
  readonly writeLate: (write: () => void) => void;
}

export class PairStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;
  readonly #unsent: UnsentStore;
  readonly #writeLate: PairParts['writeLate'];
  #pairs = new Map<string, Pair>();
  /** Pairs that are to be written with this transaction. */
  #changed = new Set<Pair>();
  #queued = 0;
  /** Peers that have not heard all rows yet, with the last number of these. */
  #waiting: Map<string, number> | undefined;
  /** By peer, the last number that it has heard and that is still stored. */
  #heardBy = new Map<string, number>();
  /** Of these, what the last transaction has deleted, unless it was rolled back. */
  #deleted: ReadonlyMap<string, number> = NONE;

  constructor({ sql, tables, chunks, writeLate }: PairParts) {
    this.#sql = sql;
    this.#tables = tables;
    this.#unsent = new UnsentStore({ sql, tables, chunks });
    this.#writeLate = writeLate;
  }

  forget(): void {
    this.#changed.clear();
    this.#forgetPairs();
    this.#waiting = undefined;
    for (const [peer, upTo] of this.#deleted) this.#noteHeard(peer, upTo);
    this.#deleted = NONE;
  }

  heard(peer: string): number {
    return this.#pair(peer).heard;
  }

  /** Part of a transaction; stored with {@link flush}. */
  setHeard(peer: string, heard: number): void {
    const pair = this.#pair(peer);
    pair.heard = heard;
    this.#changed.add(pair);
  }

  /** Part of a transaction. */
  say(peer: string, signal: BlockSignal): number {
    const seq = this.#pair(peer).said + 1;
    this.keep(peer, [{ seq, signal }]);
    return seq;
  }

  /** Whether so many numbers can be taken without a transaction. */
  hasStock(peer: string, count: number): boolean {
    const { said, stock } = this.#pair(peer);
    return said + count <= stock;
  }

  /** The first of so many numbers for what is told at once. Part of a transaction without stock. */
  take(peer: string, count: number): number {
    const pair = this.#pair(peer);
    const first = pair.said + 1;
    pair.said += count;
    if (pair.said > pair.stock) this.#changed.add(pair);
    return first;
  }

  /** Part of a transaction: stores what has its numbers already, after what it had before. */
  keep(peer: string, signals: readonly NumberedSignal[]): void {
    const pair = this.#pair(peer);
    const waiting = this.#readWaiting();
    for (const numbered of signals) {
      this.#unsent.add(peer, numbered);
      waiting.set(peer, Math.max(numbered.seq, waiting.get(peer) ?? 0));
      this.#enqueue(pair, numbered);
      pair.said = Math.max(pair.said, numbered.seq);
    }
  }

  /** Whether anybody has not heard all rows yet. */
  hasUnsent(): boolean {
    return this.#readWaiting().size > 0;
  }

  peersToTell(): string[] {
    return [...this.#readWaiting().keys()];
  }

  /** Rows that the peer has not heard, in order: at most `limit` of them, and what one call takes. */
  unsent(peer: string, limit: number): readonly NumberedSignal[] {
    if (!this.#readWaiting().has(peer)) return [];
    const after = this.#heardBy.get(peer) ?? 0;
    const rows = this.#pair(peer).queue ?? this.#unsent.read(peer, after);
    return fitCall(rows, { limit, bodyOf });
  }

  /** The peer has all up to this number, or will never have them. Stored with {@link flush}. */
  forgetSent(peer: string, upTo: number): void {
    const waiting = this.#readWaiting();
    const last = waiting.get(peer);
    if (last === undefined) return;
    this.#noteHeard(peer, upTo);
    const pair = this.#pair(peer);
    if (pair.queue !== undefined) {
      const left = pair.queue.filter(({ seq }) => seq > upTo);
      this.#queued -= pair.queue.length - left.length;
      pair.queue = left;
    }
    if (last > upTo) return;
    waiting.delete(peer);
    pair.queue ??= [];
  }

  /** The end of every transaction: writes the numbers, and deletes what was heard meanwhile. */
  flush(): void {
    if (this.#heardBy.size > 0) {
      this.#deleted = this.#heardBy;
      this.#heardBy = new Map();
      for (const [peer, upTo] of this.#deleted) this.#delete(peer, upTo);
    }
    for (const pair of this.#changed) this.#write(pair);
    this.#changed.clear();
  }

  /** Once no row tells of the numbers that were given, they are written down. */
  #delete(peer: string, upTo: number): void {
    const pair = this.#pair(peer);
    this.#unsent.delete(peer, upTo);
    if (pair.said > pair.stock && !this.#readWaiting().has(peer)) this.#changed.add(pair);
  }

  #noteHeard(peer: string, upTo: number): void {
    if (this.#heardBy.size === 0) this.#writeLate(() => {});
    this.#heardBy.set(peer, Math.max(upTo, this.#heardBy.get(peer) ?? 0));
  }

  /** Memory holds so much and no more; what it does not hold is read when it is told. */
  #enqueue(pair: Pair, numbered: NumberedSignal): void {
    if (pair.queue === undefined) return;
    const isNext = numbered.seq > pair.said;
    if (isNext && this.#queued < MAX_QUEUED && isShort(numbered.signal)) {
      pair.queue.push(numbered);
      this.#queued += 1;
    } else {
      this.#queued -= pair.queue.length;
      pair.queue = undefined;
    }
  }

  #forgetPairs(): void {
    this.#pairs = new Map([...this.#changed].map((pair) => [pair.peer, pair]));
    for (const pair of this.#changed) pair.queue = undefined;
    this.#queued = 0;
  }

  #pair(peer: string): Pair {
    const known = this.#pairs.get(peer);
    if (known !== undefined) return known;
    if (this.#pairs.size >= MAX_PAIRS) this.#forgetPairs();
    const lastUnsent = this.#readWaiting().get(peer);
    const { heard, said: stock } = this.#readPair(peer);
    const pair: Pair = {
      peer,
      heard,
      stock,
      said: Math.max(stock, lastUnsent ?? 0, this.#heardBy.get(peer) ?? 0),
      ...(lastUnsent === undefined && { queue: [] }),
    };
    this.#pairs.set(peer, pair);
    return pair;
  }

  #readPair(peer: string): { readonly heard: number; readonly said: number } {
    const [row] = this.#tables.has('pairs')
      ? this.#sql
          .exec<{ heard: number; said: number }>(
            'SELECT heard, said FROM pairs WHERE peer = ?',
            peer,
          )
          .toArray()
      : [];
    return row ?? { heard: 0, said: 0 };
  }

  #readWaiting(): Map<string, number> {
    if (this.#waiting !== undefined) return this.#waiting;
    const unheard = this.#unsent
      .lastOfEach()
      .filter(({ peer, seq }) => seq > (this.#heardBy.get(peer) ?? 0));
    this.#waiting = new Map(unheard.map(({ peer, seq }) => [peer, seq]));
    return this.#waiting;
  }

  #write(pair: Pair): void {
    pair.stock = pair.said + STOCK;
    this.#tables.make('pairs', COLUMNS);
    this.#sql.exec(
      `INSERT INTO pairs (peer, heard, said) VALUES (?, ?, ?)
       ON CONFLICT (peer) DO UPDATE SET heard = excluded.heard, said = excluded.said`,
      pair.peer,
      pair.heard,
      pair.stock,
    );
  }
}

function isShort(signal: BlockSignal): boolean {
  return (bodyOf({ signal })?.length ?? 0) <= MAX_QUEUED_BODY;
}

/** Nothing for what is no message. */
export function bodyOf({ signal }: Pick<NumberedSignal, 'signal'>): BlockBody | undefined {
  return 'envelope' in signal ? signal.envelope.body : undefined;
}
