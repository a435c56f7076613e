/**
 * Values that may outgrow a row. A row holds 2 MB; anything long is kept in parts.
 *
 * Two uses. A store that owns rows of its own calls {@link ChunkedValues.spill} for a column: short
 * text stays in that column, long text goes to parts under a key that the store chooses. A store of
 * blobs uses {@link ChunkedValues.putBytes}. Nothing here opens a transaction: writes belong to the
 * caller's.
 *
 * What is spilled is sealed first, where the policy of the workspace says so; its key is what it is bound
 * to, so a key must name one row, and no other ever.
 *
 * @module
 */

import type { BlockBody } from '../../core/blocks/block-body.ts';
import { Fault } from '../../core/errors/fault.ts';
import type { ContentSeal } from './content-seal.ts';
import type { Tables } from './tables.ts';

/** Longest text that stays in the caller's row, in UTF-16 code units; at most 768 KiB of UTF-8. */
export const MAX_INLINE_CHARS = 262_144;

/** Longest part of a text, in UTF-16 code units; at most 1.5 MiB of UTF-8. */
const PART_CHARS = 524_288;

/** Longest part of a blob. */
const PART_BYTES = 1_048_576;

const COLUMNS = `(
  key TEXT NOT NULL, part INTEGER NOT NULL, body ANY NOT NULL, PRIMARY KEY (key, part)
) STRICT`;

export class ChunkedValues {
  readonly #sql: SqlStorage;
  readonly #tables: Tables | undefined;
  readonly #sealing: ContentSeal | undefined;

  /** With `tables`, the table is made with the first part; without, its owner makes it before. */
  constructor(sql: SqlStorage, tables?: Tables, sealing?: ContentSeal) {
    this.#sql = sql;
    this.#tables = tables;
    this.#sealing = sealing;
  }

  /** Whether what is spilled now is sealed: then its key must be known before its row is written. */
  get seals(): boolean {
    return this.#sealing?.isOn ?? false;
  }

  createTable(): void {
    this.#sql.exec(`CREATE TABLE IF NOT EXISTS value_parts ${COLUMNS}`);
  }

  /**
   * What to write into the caller's column: the text itself, or `null` once it is kept in parts
   * under `key`. What was under `key` before must have been deleted.
   */
  spill(key: string, text: string): string | null {
    return this.#spill(key, this.seal(key, text));
  }

  /** The same for a body: bytes that are not sealed go into the column, however many. */
  spillBody(key: string, body: BlockBody): string | ArrayBuffer | null {
    if (typeof body === 'string') return this.spill(key, body);
    const sealed = this.#sealing?.sealBytes(key, body);
    return sealed === undefined ? body.slice().buffer : this.#spill(key, sealed);
  }

  /** What to write into a column that holds a text however long it is. */
  seal(key: string, text: string): string {
    return this.#sealing?.seal(key, text) ?? text;
  }

  /** What {@link seal} has written. */
  open(key: string, column: string): string {
    return this.#sealing?.openText(key, column) ?? column;
  }

  #spill(key: string, text: string): string | null {
    if (text.length <= MAX_INLINE_CHARS) return text;
    let start = 0;
    for (let part = 0; start < text.length; part++) {
      const end = endOfPart(text, start);
      this.#writePart(key, part, text.slice(start, end));
      start = end;
    }
    return null;
  }

  /**
   * The text of a column that {@link spill} filled.
   *
   * @throws Fault `internal` if its parts are gone.
   */
  unspill(key: string, column: string | null): string {
    return this.open(key, this.#unspill(key, column));
  }

  /** What {@link spillBody} has written. */
  unspillBody(key: string, column: string | ArrayBuffer | null): BlockBody {
    if (column instanceof ArrayBuffer) return new Uint8Array(column);
    const text = this.#unspill(key, column);
    return this.#sealing?.open(key, text) ?? text;
  }

  #unspill(key: string, column: string | null): string {
    if (column !== null) return column;
    const parts = this.#parts(key);
    if (parts.length === 0) throw lost(key);
    let text = '';
    for (const part of parts) {
      if (typeof part !== 'string') throw lost(key);
      text += part;
    }
    return text;
  }

  /** Replaces the blob under `key`. */
  putBytes(key: string, bytes: Uint8Array): void {
    this.delete(key);
    let part = 0;
    do {
      const from = part * PART_BYTES;
      this.#writePart(key, part++, bytes.slice(from, from + PART_BYTES).buffer);
    } while (part * PART_BYTES < bytes.length);
  }

  /** The blob under `key`; `undefined` if there is none. */
  bytes(key: string): Uint8Array | undefined {
    const parts = this.#parts(key);
    if (parts.length === 0) return undefined;
    const blobs = parts.map((part) => {
      if (!(part instanceof ArrayBuffer)) throw lost(key);
      return new Uint8Array(part);
    });
    const whole = new Uint8Array(blobs.reduce((sum, blob) => sum + blob.length, 0));
    let at = 0;
    for (const blob of blobs) {
      whole.set(blob, at);
      at += blob.length;
    }
    return whole;
  }

  delete(key: string): void {
    if (this.#exists()) this.#sql.exec('DELETE FROM value_parts WHERE key = ?', key);
  }

  #writePart(key: string, part: number, body: string | ArrayBuffer): void {
    this.#tables?.make('value_parts', COLUMNS);
    this.#sql.exec('INSERT INTO value_parts (key, part, body) VALUES (?, ?, ?)', key, part, body);
  }

  #parts(key: string): SqlStorageValue[] {
    if (!this.#exists()) return [];
    return this.#sql
      .exec('SELECT body FROM value_parts WHERE key = ? ORDER BY part', key)
      .toArray()
      .map((row) => row.body ?? null);
  }

  #exists(): boolean {
    return this.#tables?.has('value_parts') ?? true;
  }
}

/** Never between the two halves of a surrogate pair: each half alone would be stored as U+FFFD. */
function endOfPart(text: string, start: number): number {
  const end = start + PART_CHARS;
  if (end >= text.length) return text.length;
  const last = text.charCodeAt(end - 1);
  return last >= 0xd800 && last <= 0xdbff ? end - 1 : end;
}

function lost(key: string): Fault {
  return new Fault('internal', `Cannot read value "${key}": its parts must be stored`);
}
