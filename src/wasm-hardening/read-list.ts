/**
 * The two shapes that recur everywhere in a module: a counted list, and an index into one.
 *
 * @module
 */

import type { ByteReader } from './byte-reader.ts';
import { reject } from './wasm-rejection.ts';

/** How a list of declarations is read. */
export interface ListReading {
  /** In the plural, for the sentence of a rejection. */
  readonly what: string;
  readonly atMost: number;
  readItem(reader: ByteReader, index: number): void;
}

/** Reads a count and that many items. */
export function readList(reader: ByteReader, reading: ListReading): void {
  const offset = reader.position;
  const count = reader.u32();
  if (count > reading.atMost)
    reject(`number of ${reading.what} ${count} must be at most ${reading.atMost}`, offset);
  for (let index = 0; index < count; index++) reading.readItem(reader, index);
}

/** Reads a section that is one list. A section that is not there is an empty list. */
export function readListSection(section: ByteReader | undefined, reading: ListReading): void {
  if (section === undefined) return;
  readList(section, reading);
  section.expectEnd(`section of ${reading.what}`);
}

/** Reads an index and checks that it names one of `count` things of the uploaded module. */
export function readIndex(reader: ByteReader, what: string, count: number): number {
  const offset = reader.position;
  const index = reader.u32();
  if (index >= count) reject(`${what} index ${index} must be below ${count}`, offset);
  return index;
}
