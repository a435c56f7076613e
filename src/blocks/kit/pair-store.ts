/**
 * The ordered streams between this block and others: what it has said and they may not have heard,
 * and how far it has heard each of them.
 *
 * What is said is a row of the transaction that says it, so it is sent if and only if that commits,
 * and again until the other end has it. Numbers make the second time harmless. What was heard is
 * deleted in passing, by the next transaction. The tables are made when they are first needed: most
 * blocks only ever listen to the outside.
 *
 * Memory holds copies. Whoever rolls a transaction back calls {@link PairStore.forget}.
 *
 * @module
 */

import type { BlockBody } from '../../core/blocks/block-body.ts';
import type { BlockSignal, NumberedSignal } from '../../core/blocks/block-signal.ts';
import type { ChunkedValues } from './chunked-values.ts';
import type { Tables } from './tables.ts';

/** Longest body that stays in its row, in UTF-16 code units or bytes. */
const MAX_ROW_BODY = 262_144;

/** Unsent signals that memory holds, of all peers together, and the longest body among them. */
const MAX_QUEUED = 1_000;
const MAX_QUEUED_BODY = 8_192;

/** Peers whose numbers memory holds. */
const MAX_PAIRS = 2_000;

const PAIR_COLUMNS = `(
  peer TEXT PRIMARY KEY, heard INTEGER NOT NULL, said INTEGER NOT NULL
) STRICT, WITHOUT ROWID`;

/** One b-tree, so that saying something is one write. */
const UNSENT_COLUMNS = `(
  peer TEXT NOT NULL, seq INTEGER NOT NULL, signal TEXT NOT NULL, body ANY,
  PRIMARY KEY (peer, seq)
) STRICT, WITHOUT ROWID`;

interface Pair {
  readonly peer: string;
  /** The last number of the peer that was dealt with here. */
  heard: number;
  /** The last number that was said to it. Stored once all of that was heard; before, rows tell it. */
  said: number;
  /** All that is unsent, in order; absent where it must be read. */
  queue?: NumberedSignal[] | undefined;
}

type UnsentRow = { peer: string; seq: number; signal: string; body: string | ArrayBuffer | null };

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
  readonly #chunks: ChunkedValues;
  readonly #writeLate: PairParts['writeLate'];
  #pairs = new Map<string, Pair>();
  /** Pairs that are to be written with this transaction. */
  #changed = new Set<Pair>();
  #queued = 0;
  /** Peers that have not heard all yet, with the last number that was said to them. */
  #waiting: Map<string, number> | undefined;
  /** By peer, the last number that it has heard and that is still stored. */
  #heardBy = new Map<string, number>();
  /** Of these, what the last transaction has deleted, unless it was rolled back. */
  #deleted = new Map<string, number>();

  constructor({ sql, tables, chunks, writeLate }: PairParts) {
    this.#sql = sql;
    this.#tables = tables;
    this.#chunks = chunks;
    this.#writeLate = writeLate;
  }

  forget(): void {
    this.#changed.clear();
    this.#forgetPairs();
    this.#waiting = undefined;
    for (const [peer, upTo] of this.#deleted) this.#noteHeard(peer, upTo);
    this.#deleted = new Map();
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
    const pair = this.#pair(peer);
    const waiting = this.#readWaiting();
    const seq = pair.said + 1;
    const { text, body } = takeApart(signal);
    this.#tables.make('unsent', UNSENT_COLUMNS);
    this.#sql.exec(
      'INSERT INTO unsent (peer, seq, signal, body) VALUES (?, ?, ?, ?)',
      peer,
      seq,
      text,
      this.#toColumn(peer, seq, body),
    );
    pair.said = seq;
    waiting.set(peer, seq);
    this.#enqueue(pair, { seq, signal }, body);
    return seq;
  }

  /** Whether anybody has not heard all yet. */
  hasUnsent(): boolean {
    return this.#readWaiting().size > 0;
  }

  peersToTell(): string[] {
    return [...this.#readWaiting().keys()];
  }

  /** What the peer has not heard, in order, at most `limit` of it. */
  unsent(peer: string, limit: number): readonly NumberedSignal[] {
    if (!this.#readWaiting().has(peer)) return [];
    return this.#pair(peer).queue?.slice(0, limit) ?? this.#readUnsent(peer, limit);
  }

  /** The peer has all up to this number, or will never have them. Stored with {@link flush}. */
  forgetSent(peer: string, upTo: number): void {
    const waiting = this.#readWaiting();
    const pair = this.#pair(peer);
    this.#noteHeard(peer, upTo);
    if (pair.queue !== undefined) {
      const left = pair.queue.filter(({ seq }) => seq > upTo);
      this.#queued -= pair.queue.length - left.length;
      pair.queue = left;
    }
    if ((waiting.get(peer) ?? 0) > upTo) return;
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

  #delete(peer: string, upTo: number): void {
    if (!this.#tables.has('unsent')) return;
    const pair = this.#pair(peer);
    if (this.#tables.has('value_parts')) this.#deleteSpilled(peer, upTo);
    this.#sql.exec('DELETE FROM unsent WHERE peer = ? AND seq <= ?', peer, upTo);
    if (pair.said <= upTo) this.#changed.add(pair);
  }

  #deleteSpilled(peer: string, upTo: number): void {
    const rows = this.#sql
      .exec<{ seq: number }>(
        'SELECT seq FROM unsent WHERE peer = ? AND seq <= ? AND body IS NULL',
        peer,
        upTo,
      )
      .toArray();
    for (const { seq } of rows) this.#chunks.delete(bodyKey(peer, seq));
  }

  #noteHeard(peer: string, upTo: number): void {
    if (this.#heardBy.size === 0) this.#writeLate(() => {});
    this.#heardBy.set(peer, Math.max(upTo, this.#heardBy.get(peer) ?? 0));
  }

  /** Memory holds so much and no more; what it does not hold is read when it is told. */
  #enqueue(pair: Pair, signal: NumberedSignal, body: BlockBody | undefined): void {
    if (pair.queue === undefined) return;
    if (this.#queued < MAX_QUEUED && (body?.length ?? 0) <= MAX_QUEUED_BODY) {
      pair.queue.push(signal);
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
    const { heard, said } = this.#readPair(peer);
    const pair: Pair = {
      peer,
      heard,
      said: Math.max(said, lastUnsent ?? 0, this.#heardBy.get(peer) ?? 0),
      ...(lastUnsent === undefined && { queue: [] }),
    };
    this.#pairs.set(peer, pair);
    return pair;
  }

  #readPair(peer: string): Pick<Pair, 'heard' | 'said'> {
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
    const rows = this.#tables.has('unsent')
      ? this.#sql
          .exec<{ peer: string; seq: number }>(
            'SELECT peer, max(seq) AS seq FROM unsent GROUP BY peer',
          )
          .toArray()
      : [];
    const unheard = rows.filter(({ peer, seq }) => seq > (this.#heardBy.get(peer) ?? 0));
    this.#waiting = new Map(unheard.map(({ peer, seq }) => [peer, seq]));
    return this.#waiting;
  }

  #readUnsent(peer: string, limit: number): NumberedSignal[] {
    return this.#sql
      .exec<UnsentRow>(
        'SELECT peer, seq, signal, body FROM unsent WHERE peer = ? AND seq > ? ORDER BY seq LIMIT ?',
        peer,
        this.#heardBy.get(peer) ?? 0,
        limit,
      )
      .toArray()
      .map((row) => ({ seq: row.seq, signal: this.#toSignal(row) }));
  }

  #write({ peer, heard, said }: Pair): void {
    this.#tables.make('pairs', PAIR_COLUMNS);
    this.#sql.exec(
      `INSERT INTO pairs (peer, heard, said) VALUES (?, ?, ?)
       ON CONFLICT (peer) DO UPDATE SET heard = excluded.heard, said = excluded.said`,
      peer,
      heard,
      said,
    );
  }

  #toColumn(peer: string, seq: number, body: BlockBody | undefined): string | ArrayBuffer | null {
    if (body === undefined) return null;
    if (typeof body !== 'string') return body.slice().buffer;
    return body.length > MAX_ROW_BODY ? this.#chunks.spill(bodyKey(peer, seq), body) : body;
  }

  #toSignal({ peer, seq, signal: text, body }: UnsentRow): BlockSignal {
    const { spilled, ...signal } = JSON.parse(text);
    if (signal.envelope === undefined) return signal;
    const whole = spilled
      ? this.#chunks.unspill(bodyKey(peer, seq), null)
      : body instanceof ArrayBuffer
        ? new Uint8Array(body)
        : body;
    return { ...signal, envelope: { ...signal.envelope, body: whole } };
  }
}

function bodyKey(peer: string, seq: number): string {
  return `unsent/${peer}/${seq}`;
}

function takeApart(signal: BlockSignal): { readonly text: string; readonly body?: BlockBody } {
  if (!('envelope' in signal)) return { text: JSON.stringify(signal) };
  const { body, ...envelope } = signal.envelope;
  const spilled = typeof body === 'string' && body.length > MAX_ROW_BODY;
  return { text: JSON.stringify({ ...signal, envelope, ...(spilled && { spilled }) }), body };
}
