/**
 * The sections that declare what a module keeps values in: tables, the memory and globals.
 *
 * @module
 */

import type { ByteReader } from './byte-reader.ts';
import { type ConstantScope, skipConstantExpression } from './constant-expression.ts';
import { readListSection } from './read-list.ts';
import { readSizeRange, type SizeRange } from './size-range.ts';
import { MAX_ITEMS } from './structure-limits.ts';
import { rejectFeature } from './unsupported.ts';
import { readReferenceType, readValueType } from './value-types.ts';
import { hex, reject } from './wasm-rejection.ts';

export interface TableType {
  /** `funcref` (0x70) or `externref` (0x6f). */
  readonly elementType: number;
  readonly size: SizeRange;
}

/** No table may ever have more elements than `maxElements`, and all together not to begin with. */
export function readTables(
  section: ByteReader | undefined,
  maxElements: number,
): readonly TableType[] {
  const tables: TableType[] = [];
  let elementsLeft = maxElements;
  readListSection(section, {
    what: 'tables',
    atMost: MAX_ITEMS.tables,
    readItem(reader) {
      const elementType = readReferenceType(reader);
      const offset = reader.position;
      const size = readSizeRange(reader, 'table', maxElements);
      if (size.min > elementsLeft)
        reject(`tables must begin with at most ${maxElements} elements in all`, offset);
      elementsLeft -= size.min;
      tables.push({ elementType, size });
    },
  });
  return tables;
}

export function readMemory(
  section: ByteReader | undefined,
  maxPages: number,
): SizeRange | undefined {
  if (section === undefined) return undefined;
  const offset = section.position;
  const count = section.u32();
  if (count > 1) rejectFeature('multi-memory', `${count} memories`, offset);
  const memory = count === 1 ? readSizeRange(section, 'memory', maxPages) : undefined;
  section.expectEnd('memory section');
  return memory;
}

/** Passes over the globals and answers how many there are. */
export function readGlobals(
  section: ByteReader | undefined,
  scope: Omit<ConstantScope, 'globalCount'>,
): number {
  let globalCount = 0;
  readListSection(section, {
    what: 'globals',
    atMost: MAX_ITEMS.globals,
    readItem(reader) {
      readValueType(reader);
      const offset = reader.position;
      const mutability = reader.u8();
      if (mutability > 1) rejectMutability(mutability, offset);
      skipConstantExpression(reader, { ...scope, globalCount });
      globalCount += 1;
    },
  });
  return globalCount;
}

const SHARED_GLOBAL = 0x02;

function rejectMutability(mutability: number, offset: number): never {
  if (mutability & SHARED_GLOBAL) rejectFeature('threads', 'shared global', offset);
  return reject(`mutability ${hex(mutability)} must be 0x00 or 0x01`, offset);
}
