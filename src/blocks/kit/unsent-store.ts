/**
 * The rows of what was said to other blocks and they may not have heard: by peer and number.
 *
 * Nothing here decides or opens a transaction. The table is made with the first row.
 *
 * @module
 */

import type { BlockBody } from '../../core/blocks/block-body.ts';
import type { BlockSignal, NumberedSignal } from '../../core/blocks/block-signal.ts';
import type { ChunkedValues } from './chunked-values.ts';
import type { Tables } from './tables.ts';

/** Longest body that stays in its row, in UTF-16 code units or bytes. */
const MAX_ROW_BODY = 262_144;

/** One b-tree, so that saying something is one write. */
const COLUMNS = `(
  peer TEXT NOT NULL, seq INTEGER NOT NULL, signal TEXT NOT NULL, body ANY,
  PRIMARY KEY (peer, seq)
) STRICT, WITHOUT ROWID`;

type Row = { peer: string; seq: number; signal: string; body: string | ArrayBuffer | null };

interface UnsentParts {
  readonly sql: SqlStorage;
  readonly tables: Tables;
  readonly chunks: ChunkedValues;
}

export class UnsentStore {
  readonly #sql: SqlStorage;
  readonly #tables: Tables;
  readonly #chunks: ChunkedValues;

  constructor({ sql, tables, chunks }: UnsentParts) {
    this.#sql = sql;
    this.#tables = tables;
    this.#chunks = chunks;
  }

  add(peer: string, { seq, signal }: NumberedSignal): void {
    const { text, body } = takeApart(signal);
    this.#tables.make('unsent', COLUMNS);
    this.#sql.exec(
      'INSERT INTO unsent (peer, seq, signal, body) VALUES (?, ?, ?, ?)',
      peer,
      seq,
      text,
      this.#toColumn(peer, seq, body),
    );
  }

  /** In order, those after a number. */
  read(peer: string, after: number, limit: number): NumberedSignal[] {
    if (!this.#exists()) return [];
    return this.#sql
      .exec<Row>(
        'SELECT peer, seq, signal, body FROM unsent WHERE peer = ? AND seq > ? ORDER BY seq LIMIT ?',
        peer,
        after,
        limit,
      )
      .toArray()
      .map((row) => ({ seq: row.seq, signal: this.#toSignal(row) }));
  }

  /** Each peer to whom anything is unsent, with the last number of it. */
  lastOfEach(): { peer: string; seq: number }[] {
    if (!this.#exists()) return [];
    return this.#sql
      .exec<{ peer: string; seq: number }>('SELECT peer, max(seq) AS seq FROM unsent GROUP BY peer')
      .toArray();
  }

  delete(peer: string, upTo: number): void {
    if (!this.#exists()) return;
    if (this.#tables.has('value_parts')) this.#deleteSpilled(peer, upTo);
    this.#sql.exec('DELETE FROM unsent WHERE peer = ? AND seq <= ?', peer, upTo);
  }

  #exists(): boolean {
    return this.#tables.has('unsent');
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

  #toColumn(peer: string, seq: number, body: BlockBody | undefined): string | ArrayBuffer | null {
    if (body === undefined) return null;
    if (typeof body !== 'string') return body.slice().buffer;
    return body.length > MAX_ROW_BODY ? this.#chunks.spill(bodyKey(peer, seq), body) : body;
  }

  #toSignal({ peer, seq, signal: text, body }: Row): BlockSignal {
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
