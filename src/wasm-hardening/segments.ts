/**
 * Element and data segments: what fills tables and memory.
 *
 * Active segments are copied at instantiation, before any fuel is counted, so their number and
 * total size are bounded here.
 *
 * @module
 */

import type { ByteReader } from './byte-reader.ts';
import {
  type ConstantScope,
  readFunctionReference,
  skipConstantExpression,
} from './constant-expression.ts';
import { readIndex, readListSection } from './read-list.ts';
import { MAX_ITEMS } from './structure-limits.ts';
import { readReferenceType } from './value-types.ts';
import { hex, reject } from './wasm-rejection.ts';

/** What segments of the uploaded module may refer to. */
export interface SegmentScope extends ConstantScope {
  readonly tableCount: number;
  readonly memoryCount: number;
  /** Most entries in all element segments together. */
  readonly maxEntries: number;
}

const MAX_ELEMENT_FLAGS = 7;
const NOT_ACTIVE = 0x01;
const EXPLICIT = 0x02;
const EXPRESSIONS = 0x04;

/** Passes over the element segments and answers how many there are. */
export function readElementSegments(section: ByteReader | undefined, scope: SegmentScope): number {
  let segmentCount = 0;
  let entriesLeft = scope.maxEntries;
  readListSection(section, {
    what: 'element segments',
    atMost: MAX_ITEMS.elementSegments,
    readItem(reader) {
      const flags = readElementHeader(reader, scope);
      const offset = reader.position;
      const entryCount = reader.u32();
      if (entryCount > entriesLeft)
        reject(`element segments must have at most ${scope.maxEntries} entries in all`, offset);
      entriesLeft -= entryCount;
      for (let entry = 0; entry < entryCount; entry++)
        if (flags & EXPRESSIONS) skipConstantExpression(reader, scope);
        else readFunctionReference(reader, scope);
      segmentCount += 1;
    },
  });
  return segmentCount;
}

/** Reads up to the entries of a segment and answers its flags. */
function readElementHeader(reader: ByteReader, scope: SegmentScope): number {
  const offset = reader.position;
  const flags = reader.u32();
  if (flags > MAX_ELEMENT_FLAGS) reject(`element segment flags ${flags} must be known`, offset);

  if (!(flags & NOT_ACTIVE)) {
    if (flags & EXPLICIT) readIndex(reader, 'table', scope.tableCount);
    else if (scope.tableCount === 0) reject('active element segment must have a table', offset);
    skipConstantExpression(reader, scope);
  }
  if (!(flags & (NOT_ACTIVE | EXPLICIT))) return flags;
  if (flags & EXPRESSIONS) readReferenceType(reader);
  else readElementKind(reader);
  return flags;
}

function readElementKind(reader: ByteReader): void {
  const offset = reader.position;
  const kind = reader.u8();
  if (kind !== 0) reject(`element kind ${hex(kind)} must be 0x00`, offset);
}

/** Reads how many data segments there will be, which code may need to know before they come. */
export function readDataCount(section: ByteReader | undefined): number | undefined {
  if (section === undefined) return undefined;
  const count = section.u32();
  section.expectEnd('data count section');
  return count;
}

const PASSIVE_DATA = 1;
const ACTIVE_DATA_WITH_MEMORY = 2;

/** Where the bytes of a data segment lie in the upload. */
export interface DataRange {
  readonly start: number;
  readonly end: number;
}

/** Where the data segments lie. If their number was declared before, it must be theirs. */
export function readDataSegments(
  section: ByteReader | undefined,
  scope: SegmentScope,
  declaredCount: number | undefined,
): readonly DataRange[] {
  const ranges: DataRange[] = [];
  readListSection(section, {
    what: 'data segments',
    atMost: MAX_ITEMS.dataSegments,
    readItem(reader) {
      const offset = reader.position;
      const flags = reader.u32();
      if (flags > ACTIVE_DATA_WITH_MEMORY)
        reject(`data segment flags ${flags} must be known`, offset);
      if (flags !== PASSIVE_DATA) {
        if (flags === ACTIVE_DATA_WITH_MEMORY) readIndex(reader, 'memory', scope.memoryCount);
        else if (scope.memoryCount === 0) reject('active data segment must have a memory', offset);
        skipConstantExpression(reader, scope);
      }
      const length = reader.u32();
      const start = reader.position;
      reader.skip(length);
      ranges.push({ start, end: reader.position });
    },
  });
  if (declaredCount !== undefined && declaredCount !== ranges.length)
    reject(`data count ${declaredCount} must be the number of segments, ${ranges.length}`);
  return ranges;
}
