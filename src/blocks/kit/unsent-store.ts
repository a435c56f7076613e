/**
 * The rows of what was said to other blocks and they may not have heard: by peer and number.
 *
 * Nothing here decides or opens a transaction. The table is made with the first row.
 *
 * @module
 */

import type { BlockBody } from '../../core/blocks/block-body.ts';
import type { BlockSignal, Envelope, NumberedSignal } from '../../core/blocks/block-signal.ts';
import type { ChunkedValues } from './chunked-values.ts';
import type { Tables } from './tables.ts';

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
    const { envelope, body } = takeApart(signal);
    const column = body === undefined ? null : this.#chunks.spillBody(bodyKey(peer, seq), body);
    const spilled = body !== undefined && column === null;
    const text = JSON.stringify({
      ...signal,
      ...(envelope && { envelope }),
      ...(spilled && { spilled }),
    });
    this.#tables.make('unsent', COLUMNS);
    this.#sql.exec(
      'INSERT INTO unsent (peer, seq, signal, body) VALUES (?, ?, ?, ?)',
      peer,
      seq,
      this.#chunks.seal(signalKey(peer, seq), text),
      column,
    );
  }

  /** In order, those after a number, as they are asked for. */
  *read(peer: string, after: number): Generator<NumberedSignal> {
    if (!this.#exists()) return;
    const rows = this.#sql.exec<Row>(
      'SELECT peer, seq, signal, body FROM unsent WHERE peer = ? AND seq > ? ORDER BY seq',
      peer,
      after,
    );
    for (const row of rows) yield { seq: row.seq, signal: this.#toSignal(row) };
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

  #toSignal({ peer, seq, signal: text, body }: Row): BlockSignal {
    const opened = this.#chunks.open(signalKey(peer, seq), text);
    const { spilled, ...signal } = JSON.parse(opened);
    if (signal.envelope === undefined) return signal;
    const whole = this.#chunks.unspillBody(bodyKey(peer, seq), spilled ? null : body);
    return { ...signal, envelope: { ...signal.envelope, body: whole } };
  }
}

function bodyKey(peer: string, seq: number): string {
  return `unsent/${peer}/${seq}`;
}

function signalKey(peer: string, seq: number): string {
  return `unsent-signal/${peer}/${seq}`;
}

/** A body has a column of its own, where bytes need not be text. */
function takeApart(signal: BlockSignal): {
  readonly envelope?: Omit<Envelope, 'body'>;
  readonly body?: BlockBody;
} {
  if (!('envelope' in signal)) return {};
  const { body, ...envelope } = signal.envelope;
  return { envelope, body };
}
