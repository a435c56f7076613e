/**
 * Passes over what follows the opcode of an instruction that does not steer control flow, and
 * checks each index in it against the uploaded module.
 *
 * @module
 */

import type { ByteReader } from './byte-reader.ts';
import type { PlainImmediate } from './instruction.ts';
import type { ModuleShape } from './module-shape.ts';
import type { PrepaidFunctions } from './prepaid-functions.ts';
import { readIndex, readList } from './read-list.ts';
import { rejectFeature } from './unsupported.ts';
import { readReferenceType, readValueType } from './value-types.ts';
import { reject } from './wasm-rejection.ts';

/** What the instructions of one function may refer to. */
export interface BodyScope {
  readonly module: ModuleShape;
  /** Functions that this one pays for when it calls them. */
  readonly prepaid: PrepaidFunctions;
  /** Parameters included. */
  readonly localCount: number;
}

type SkipImmediate = (reader: ByteReader, scope: BodyScope) => void;

export const SKIP_IMMEDIATE = {
  none: () => {},
  function: skipFunctionReference,
  local: (reader, { localCount }) => readIndex(reader, 'local', localCount),
  global: (reader, { module }) => readIndex(reader, 'global', module.globalCount),
  table: skipTable,
  'two-tables': (reader, scope) => {
    skipTable(reader, scope);
    skipTable(reader, scope);
  },
  element: skipElement,
  'element-and-table': (reader, scope) => {
    skipElement(reader, scope);
    skipTable(reader, scope);
  },
  data: skipData,
  'data-and-memory': (reader, scope) => {
    skipData(reader, scope);
    skipMemory(reader, scope);
  },
  memory: skipMemory,
  'two-memories': (reader, scope) => {
    skipMemory(reader, scope);
    skipMemory(reader, scope);
  },
  'memory-access': skipMemoryAccess,
  'memory-access-and-lane': (reader, scope) => {
    skipMemoryAccess(reader, scope);
    reader.skip(1);
  },
  lane: (reader) => reader.skip(1),
  'sixteen-bytes': (reader) => reader.skip(16),
  i32: (reader) => reader.skipSigned(32),
  i64: (reader) => reader.skipSigned(64),
  f32: (reader) => reader.skip(4),
  f64: (reader) => reader.skip(8),
  'result-type': (reader) =>
    readList(reader, { what: 'types of select', atMost: 1, readItem: readValueType }),
  'heap-type': readReferenceType,
} as const satisfies Record<PlainImmediate, SkipImmediate>;

/** Whoever is referred to in code must be so elsewhere too: by then that is all read. */
function skipFunctionReference(reader: ByteReader, { module }: BodyScope): void {
  const offset = reader.position;
  const index = readIndex(reader, 'function', module.functions.length);
  if (!module.references.has(index))
    reject(`function ${index} must be declared as one that is referred to`, offset);
}

function skipTable(reader: ByteReader, { module }: BodyScope): void {
  readIndex(reader, 'table', module.tables.length);
}

function skipElement(reader: ByteReader, { module }: BodyScope): void {
  readIndex(reader, 'element segment', module.elementCount);
}

function skipData(reader: ByteReader, { module }: BodyScope): void {
  readIndex(reader, 'data segment', module.dataCount);
}

function skipMemory(reader: ByteReader, { module }: BodyScope): void {
  readIndex(reader, 'memory', module.memoryCount);
}

/** Widest alignment, as a power of two: sixteen bytes. */
const MAX_ALIGNMENT = 4;
/** Set in the alignment when the index of a memory follows. */
const NAMES_MEMORY = 0x40;

function skipMemoryAccess(reader: ByteReader, { module }: BodyScope): void {
  const offset = reader.position;
  const alignment = reader.u32();
  if (alignment >= NAMES_MEMORY && alignment < 2 * NAMES_MEMORY)
    rejectFeature('multi-memory', 'an access that names its memory', offset);
  if (alignment > MAX_ALIGNMENT)
    reject(`alignment ${alignment} must be at most ${MAX_ALIGNMENT}`, offset);
  if (module.memoryCount === 0) reject('memory access must have a memory', offset);
  reader.u32();
}
